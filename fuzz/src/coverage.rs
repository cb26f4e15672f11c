//! What of the library an input reached: counters that LLVM's SanitizerCoverage puts at every edge of the program, and the
//! numbers that the program compared. See "SanitizerCoverage" in Clang's documentation for the functions that are called.
//!
//! One thread reads inputs at a time; a reader that starts threads costs counts, not soundness of what is done here: all
//! shared state is atomic but the counters, which only compiled code and this thread's [`Coverage`] touch.

use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};

static START: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static END: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Comparisons that are remembered, the last ones of an input.
const COMPARED: usize = 1 << 12;
static PAIRS: [[AtomicU64; 2]; COMPARED] = [const { [const { AtomicU64::new(0) }; 2] }; COMPARED];
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Called before `main`, with the counters of all instrumented code: there is one such library.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    START.store(start, Relaxed);
    END.store(end, Relaxed);
}

fn compared(a: u64, b: u64) {
    if a != b {
        let at = NEXT.fetch_add(1, Relaxed) % COMPARED;
        PAIRS[at][0].store(a, Relaxed);
        PAIRS[at][1].store(b, Relaxed);
    }
}

macro_rules! comparisons {
    ($($name:ident: $number:ty),*) => {
        $(#[unsafe(no_mangle)]
        extern "C" fn $name(a: $number, b: $number) {
            compared(u64::from(a), u64::from(b));
        })*
    };
}
comparisons!(
    __sanitizer_cov_trace_cmp1: u8, __sanitizer_cov_trace_cmp2: u16,
    __sanitizer_cov_trace_cmp4: u32, __sanitizer_cov_trace_cmp8: u64,
    __sanitizer_cov_trace_const_cmp1: u8, __sanitizer_cov_trace_const_cmp2: u16,
    __sanitizer_cov_trace_const_cmp4: u32, __sanitizer_cov_trace_const_cmp8: u64
);

/// `cases`: how many there are, the bits of a value, then the values.
#[unsafe(no_mangle)]
unsafe extern "C" fn __sanitizer_cov_trace_switch(value: u64, cases: *const u64) {
    // SAFETY: LLVM passes a constant array of that shape.
    let cases = unsafe { std::slice::from_raw_parts(cases.add(2), (*cases) as usize) };
    // Not all: a table of a thousand characters would push everything else out.
    if cases.len() <= 16 {
        cases.iter().for_each(|case| compared(value, *case));
    }
}

/// What was ever reached.
pub struct Coverage {
    /// Of each counter, a bit for each range of counts that was seen.
    seen: Vec<u8>,
}

impl Coverage {
    pub fn new() -> Self {
        Self {
            seen: vec![0; counters().len()],
        }
    }

    /// Before an input.
    pub fn begin(&self) {
        counters().fill(0);
        NEXT.store(0, Relaxed);
    }

    /// After it: whether it reached something that none before did.
    pub fn is_new(&mut self) -> bool {
        let mut any = false;
        for (counts, seen) in counters().chunks(64).zip(self.seen.chunks_mut(64)) {
            // Most of the program has nothing to do with the input.
            if counts.iter().all(|count| *count == 0) {
                continue;
            }
            for (count, seen) in counts.iter().zip(seen) {
                let range = range(*count);
                any |= range & !*seen != 0;
                *seen |= range;
            }
        }
        any
    }

    /// Edges that were reached.
    pub fn reached(&self) -> usize {
        self.seen.iter().filter(|seen| **seen != 0).count()
    }

    /// Two numbers that the last input made the program compare, and that were not equal.
    pub fn compared(random: u64) -> Option<[u64; 2]> {
        let count = NEXT.load(Relaxed).min(COMPARED);
        let pair = &PAIRS[random.checked_rem(count as u64)? as usize];
        Some([pair[0].load(Relaxed), pair[1].load(Relaxed)])
    }
}

/// A bit for 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.
fn range(count: u8) -> u8 {
    match count {
        0 => 0,
        1..=3 => 1 << (count - 1),
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        128.. => 128,
    }
}

fn counters() -> &'static mut [u8] {
    let (start, end) = (START.load(Relaxed), END.load(Relaxed));
    if start.is_null() {
        return &mut [];
    }
    // SAFETY: a section of this program, from its beginning to its end; the slice lives for a statement, while no input is
    // being read.
    unsafe { std::slice::from_raw_parts_mut(start, end.offset_from(start) as usize) }
}
