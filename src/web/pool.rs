//! The threads of the CPU's operators, in the package whose memory they can share: workers that the page's worker starts,
//! each in [`pool_thread`] for life. The worker with the engine is one of the threads: it cuts work up and does its part.
//!
//! rayon's own pool with a way to start threads that browsers allow. (`wasm-bindgen-rayon` makes a pool beside the worker, which
//! sleeps meanwhile: one thread more, and two changes of threads for each operator.)

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, PoisonError},
};

use rayon::{ThreadBuilder, ThreadPoolBuilder};
use wasm_bindgen::prelude::wasm_bindgen;

/// Threads that rayon has asked for and no worker has taken.
static ASKED_FOR: Mutex<VecDeque<ThreadBuilder>> = Mutex::new(VecDeque::new());
static ASKED: Condvar = Condvar::new();

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
    thread.run();
}

/// Makes the pool: this thread and those that are in [`pool_thread`], which must be `threads - 1` workers. False: it could
/// not be made.
#[wasm_bindgen]
pub fn start_pool(threads: usize) -> bool {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .spawn_handler(|thread| {
            let mut waiting = ASKED_FOR.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back(thread);
            ASKED.notify_one();
            Ok(())
        })
        .build_global()
        .is_ok()
}
