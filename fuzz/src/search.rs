//! The loop: an input, what it reached, whether it broke something.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use groundmask::checks::random::Random;

use crate::{coverage::Coverage, memory, mutate::mutate, seeds, targets, words};

/// An input may take so long; one that takes `HANG` ends the program.
const SLOW: Duration = Duration::from_secs(5);
const HANG: Duration = Duration::from_secs(30);

pub struct Options {
    pub time: Duration,
    pub seed: u64,
    /// Gets `TARGET/current`, which is what was being read when the program died, and every input that broke something.
    pub out: PathBuf,
}

pub struct Outcome {
    inputs: u64,
    seconds: f64,
    seeds: usize,
    kept: usize,
    /// Of the library's edges.
    reached: usize,
    reached_by_seeds: usize,
    most_bytes: usize,
    slowest: Duration,
    /// Faults, each counted once.
    pub found: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} inputs in {:.0} s, {} seeds, {} kept, edges {} -> {}, most memory {:.1} MiB, slowest {} ms, {} faults",
            self.inputs,
            self.seconds,
            self.seeds,
            self.kept,
            self.reached_by_seeds,
            self.reached,
            self.most_bytes as f64 / f64::from(1 << 20),
            self.slowest.as_millis(),
            self.found
        )
    }
}

/// Runs a target until the time is up.
pub fn search(name: &str, options: &Options) -> Outcome {
    let folder = options.out.join(name);
    fs::create_dir_all(&folder).expect("a folder to write to");
    let mut one = One::new(name, &folder);
    let mut random = Random::new(options.seed);
    let start = Instant::now();
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    let seeds = seeds::of(name);
    for seed in &seeds {
        if one.read(seed) || corpus.is_empty() {
            corpus.push(seed.clone());
        }
    }
    assert!(!corpus.is_empty(), "a target has seeds");
    let reached_by_seeds = one.coverage.reached();
    while start.elapsed() < options.time {
        // Every second one is made of what came last: that is where something new was.
        let recent = corpus.len().saturating_sub(corpus.len() / 4 + 8);
        let from = if random.below(2) == 0 {
            random.below(corpus.len())
        } else {
            recent + random.below(corpus.len() - recent)
        };
        let other = random.below(corpus.len());
        for _ in 0..16 {
            let mut input = mutate(&mut random, &corpus[from], &corpus[other], words::words(name));
            if random.below(8) != 0 {
                targets::mend(name, &mut input);
            }
            if one.read(&input) {
                corpus.push(input);
            }
        }
    }
    Outcome {
        inputs: one.inputs,
        seconds: start.elapsed().as_secs_f64(),
        seeds: seeds.len(),
        kept: corpus.len(),
        reached: one.coverage.reached(),
        reached_by_seeds,
        most_bytes: one.most_bytes,
        slowest: one.slowest,
        found: one.faults.len(),
    }
}

/// Reads one input after the other.
struct One {
    target: targets::Target,
    coverage: Coverage,
    folder: PathBuf,
    current: File,
    /// Milliseconds since `born` when the present input began, 0 between inputs.
    began_ms: Arc<AtomicU64>,
    born: Instant,
    panicked: Arc<Mutex<Option<String>>>,
    inputs: u64,
    most_bytes: usize,
    slowest: Duration,
    /// Faults in words, with the number of inputs that had them.
    faults: BTreeMap<String, u64>,
}

impl One {
    fn new(name: &str, folder: &Path) -> Self {
        let panicked = Arc::new(Mutex::new(None));
        let note = panicked.clone();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let message = info.payload_as_str().unwrap_or("a panic");
            if let Ok(mut note) = note.lock() {
                *note = Some(format!("panic at {place}: {message}"));
            }
        }));
        let began_ms = Arc::new(AtomicU64::new(0));
        let born = Instant::now();
        let watched = began_ms.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(1));
                let began = watched.load(Relaxed);
                if began != 0 && born.elapsed() > Duration::from_millis(began) + HANG {
                    eprintln!("an input takes more than {} s: see `current`", HANG.as_secs());
                    std::process::exit(1);
                }
            }
        });
        Self {
            target: targets::Target::new(name),
            coverage: Coverage::new(),
            folder: folder.to_owned(),
            current: File::create(folder.join("current")).expect("a file to write to"),
            began_ms,
            born,
            panicked,
            inputs: 0,
            most_bytes: 0,
            slowest: Duration::ZERO,
            faults: BTreeMap::new(),
        }
    }

    /// Whether it reached something new.
    fn read(&mut self, input: &[u8]) -> bool {
        let _ = self.current.set_len(input.len() as u64);
        let _ = self.current.write_all_at(input, 0);
        self.inputs += 1;
        let start = Instant::now();
        self.began_ms.store(1 + (start - self.born).as_millis() as u64, Relaxed);
        self.coverage.begin();
        let target = &mut self.target;
        let work = || panic::catch_unwind(AssertUnwindSafe(|| target.read(input))).is_err();
        let (has_panicked, bytes) = memory::peak_of(work);
        self.began_ms.store(0, Relaxed);
        let took = start.elapsed();
        let is_new = self.coverage.is_new();
        self.most_bytes = self.most_bytes.max(bytes);
        self.slowest = self.slowest.max(took);
        if has_panicked {
            let note = self.panicked.lock().ok().and_then(|mut note| note.take());
            self.report(note.unwrap_or_else(|| "a panic".to_owned()), input);
            self.target.begin_anew();
        }
        if bytes > self.target.most_bytes(input.len()) {
            self.report("more memory than its limit".to_owned(), input);
        }
        if took > SLOW {
            self.report(format!("more than {} s", SLOW.as_secs()), input);
        }
        is_new
    }

    fn report(&mut self, fault: String, input: &[u8]) {
        let seen = self.faults.entry(fault.clone()).or_default();
        *seen += 1;
        if *seen == 1 {
            let path = self.folder.join(format!("fault-{}", self.faults.len()));
            let _ = fs::write(&path, input);
            println!("FAULT: {fault}\n  {} bytes: {}", input.len(), path.display());
        }
    }
}
