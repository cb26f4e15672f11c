//! Remembers that memory ran out: Rust ends in a trap then, which by itself looks like any other.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use wasm_bindgen::prelude::wasm_bindgen;

static FAILED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, and a note of what it could not give.
struct Noting;

fn note(pointer: *mut u8, bytes: usize) -> *mut u8 {
    if pointer.is_null() {
        FAILED_BYTES.store(bytes, Ordering::Relaxed);
    }
    pointer
}

// SAFETY: every call goes to `System` unchanged, whose contract is the trait's.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        note(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        note(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above.
        note(unsafe { System.realloc(pointer, layout, bytes) }, bytes)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Noting = Noting;

/// Bytes of the last allocation that failed; 0 if none did. To be asked after a trap.
#[wasm_bindgen]
pub fn failed_allocation_bytes() -> f64 {
    FAILED_BYTES.load(Ordering::Relaxed) as f64
}
