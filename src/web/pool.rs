//! The threads of the CPU's operators, in the package whose memory they can share: workers that the page's worker starts,
//! each in [`pool_thread`] for life. The worker with the engine is one of the threads: it cuts work up and does its part.
//!
//! rayon's own pool with a way to start threads that browsers allow. (`wasm-bindgen-rayon` makes a pool beside the worker, which
//! sleeps meanwhile: one thread more, and two changes of threads for each operator.)

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use wasm_bindgen::prelude::wasm_bindgen;

/// Threads that rayon has asked for and no worker has taken.
static ASKED_FOR: Mutex<VecDeque<ThreadBuilder>> = Mutex::new(VecDeque::new());
static ASKED: Condvar = Condvar::new();
/// Workers that have become a thread of the pool.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// Makes this worker a thread of the pool, as soon as there is one; does not return.
#[wasm_bindgen]
pub fn pool_thread() {
    let mut waiting = ASKED_FOR.lock().unwrap_or_else(PoisonError::into_inner);
    let thread = loop {
        match waiting.pop_front() {
            Some(thread) => break thread,
            None => waiting = ASKED.wait(waiting).unwrap_or_else(PoisonError::into_inner),
        }
    };
    drop(waiting);
    BEGUN.fetch_add(1, Ordering::Release);
    thread.run();
}

/// Workers that have become a thread of the pool so far.
#[wasm_bindgen]
pub fn pool_threads_begun() -> usize {
    BEGUN.load(Ordering::Acquire)
}

/// Makes the pool: this thread and those that are in [`pool_thread`], which must be `threads - 1` workers. False: it could
/// not be made. It does not wait for them, because a wait in here could not be broken off: whoever calls this asks
/// [`pool_threads_begun`].
#[wasm_bindgen]
pub fn start_pool(threads: usize) -> bool {
    // Not rayon's global pool, whose making waits. Work that this thread shares out goes to the pool that it belongs to.
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .spawn_handler(|thread| {
            let mut waiting = ASKED_FOR.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back(thread);
            ASKED.notify_one();
            Ok(())
        })
        .build();
    // For life: dropped, it would end its threads.
    pool.map(std::mem::forget).is_ok()
}
