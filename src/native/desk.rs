//! The engine with its device up, driven from a terminal.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use crate::{
    files::{Listed, OldFile},
    stop::{Stop, spelt},
    voice::Voice,
};
use groundmask::{
    device::{DeviceError, Probe, Ready, Reason, Start, bring_up, gpu_adapter},
    engine::Engine,
    ops::Arithmetic,
    protocol::{Command, DeviceChoice, DeviceInfo, DeviceKind, Event, Fault, Purpose},
};

/// An engine of one's own. It stays on the thread that it was made on.
pub struct Desk {
    engine: Engine,
    device: DeviceInfo,
}

impl Desk {
    /// # Errors
    /// If the device cannot be had.
    pub fn open(device: DeviceChoice) -> Result<Self, Stop> {
        let start = Instant::now();
        let mut engine = Engine::new(Box::new(move || start.elapsed().as_secs_f64() * 1000.0));
        engine.set_today(Box::new(today));
        engine.set_probe(probe(device)?);
        let init = Command::Init {
            device,
            calibration: None,
        };
        let mut found = None;
        for event in pollster::block_on(engine.command(init)) {
            match event {
                Event::Device(info) => found = Some(info),
                Event::Fault(fault) => return Err(Stop::from(&fault)),
                _ => {}
            }
        }
        let device = found.ok_or_else(|| Stop::failed("no device"))?;
        Ok(Self { engine, device })
    }

    /// A device without an engine, for measuring.
    ///
    /// # Errors
    /// If it cannot be had.
    pub fn bring_up(device: DeviceChoice) -> Result<Ready, Stop> {
        let start = Start {
            remembered: None,
            now_ms: &unix_ms,
        };
        pollster::block_on(bring_up(device, &probe(device)?, &start)).map_err(Stop::failed)
    }

    pub fn device(&self) -> &DeviceInfo {
        &self.device
    }

    /// Says what it computes on, where that is or could have been a graphics card.
    pub fn say_device(&self, voice: &Voice) {
        let DeviceInfo {
            kind,
            adapter,
            software,
            reason,
            ..
        } = &self.device;
        voice.line(&json!({
            "type": "device", "kind": kind, "adapter": adapter, "software": software, "reason": reason,
        }));
        match (kind, reason) {
            (DeviceKind::WebGpu, _) if *software => {
                voice.note(&format!("on {adapter}: a software adapter, slower than --device cpu"));
            }
            (DeviceKind::WebGpu, _) => voice.note(&format!("on {adapter}")),
            (DeviceKind::Cpu, None | Some(Reason::AskedForCpu | Reason::NoWebGpu)) => {}
            (DeviceKind::Cpu, Some(reason)) => {
                voice.note(&format!("on the CPU, {adapter} (graphics cards: {})", spelt(reason)));
            }
        }
    }

    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    pub fn send(&mut self, command: Command) -> Vec<Event> {
        pollster::block_on(self.engine.command(command))
    }

    /// Takes in a file; a TIFF stays where it lies.
    pub fn take_in(&mut self, file: &Listed, purpose: Purpose) -> Vec<Event> {
        let path = file.path.clone();
        let is_tiff = [".tif", ".tiff", ".gtiff", ".geotiff"]
            .iter()
            .any(|ending| path.to_lowercase().ends_with(ending));
        let source = is_tiff.then(|| OldFile::open(&file.at).ok()).flatten();
        let opened = source.and_then(|source| self.engine.open_file(path.clone(), Box::new(source), purpose));
        opened.unwrap_or_else(|| {
            self.send(match file.bytes() {
                Ok(bytes) => Command::AddFile { path, bytes, purpose },
                Err(detail) => Command::FileUnreadable { path, detail },
            })
        })
    }

    /// A command of which a fault is the end.
    ///
    /// # Errors
    /// The first fault among its events.
    pub fn ask(&mut self, command: Command) -> Result<Vec<Event>, Fault> {
        no_fault(self.send(command))
    }

    pub fn advance(&mut self, budget_ms: f64) -> Vec<Event> {
        pollster::block_on(self.engine.advance(budget_ms))
    }
}

/// The events, or the first fault among them.
pub fn no_fault(mut events: Vec<Event>) -> Result<Vec<Event>, Fault> {
    match events.iter().position(|event| matches!(event, Event::Fault(_))) {
        Some(at) => match events.swap_remove(at) {
            Event::Fault(fault) => Err(fault),
            _ => Ok(events),
        },
        None => Ok(events),
    }
}

/// Lets all of this process compute so, for before a device is had; gives the device that it goes with.
///
/// # Errors
/// If the processor cannot, or a graphics card is asked for: the page's sums are those of its CPU.
pub fn compute_as(arithmetic: Arithmetic, device: DeviceChoice) -> Result<DeviceChoice, Stop> {
    groundmask::ops::compute_as(arithmetic).map_err(Stop::usage)?;
    match (arithmetic, device) {
        (Arithmetic::Own, _) => Ok(device),
        (_, DeviceChoice::WebGpu) => Err(Stop::usage(
            "--arithmetic is the CPU's, and --device or GROUNDMASK_DEVICE says gpu: --device cpu",
        )),
        _ => Ok(DeviceChoice::Cpu),
    }
}

/// What is known of graphics cards before one is computed on.
///
/// # Errors
/// If one was asked for and there is none.
fn probe(choice: DeviceChoice) -> Result<Probe, Stop> {
    if choice == DeviceChoice::Cpu {
        return Ok(Probe::Absent(Reason::AskedForCpu));
    }
    match gpu_adapter() {
        Ok(adapter) => Ok(Probe::Adapter(adapter)),
        Err(error) if choice == DeviceChoice::WebGpu => Err(no_gpu(&error)),
        Err(DeviceError::Unavailable(reason)) => Ok(Probe::Absent(reason)),
        Err(_) => Ok(Probe::Absent(Reason::SelfTestFailed)),
    }
}

fn no_gpu(error: &DeviceError) -> Stop {
    match error {
        DeviceError::Unavailable(Reason::NoWebGpu) => Stop::usage(
            "this program was built for the CPU alone; with graphics cards: cargo install --path . --features gpu",
        ),
        DeviceError::Unavailable(_) => Stop::failed(
            "no graphics card answers, nor a software adapter: is its driver for Vulkan (Metal, Direct3D 12) installed? \
             --device cpu does without",
        ),
        other => Stop::failed(other),
    }
}

/// Unix time in milliseconds.
pub fn unix_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_millis() as f64)
}

/// The day of today in UTC, as `2026-11-29`.
pub fn today() -> String {
    day(unix_ms())
}

/// The day of a Unix time in UTC, as `2026-11-29`: days since 1970 in eras of 400 years that begin in March, so that
/// the leap day is each year's last.
fn day(ms: f64) -> String {
    const DAYS_OF_ERA: i64 = 146_097;
    /// From 1 March of the year 0 to 1 January 1970.
    const TO_1970: i64 = 719_468;
    let days = (ms / 86_400_000.0).floor() as i64 + TO_1970;
    let (era, of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = (months_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Whether somebody asked to end (Ctrl-C, or the signal that batch systems send).
pub fn is_interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}

fn flag() -> &'static AtomicBool {
    static FLAG: OnceLock<AtomicBool> = OnceLock::new();
    FLAG.get_or_init(|| AtomicBool::new(false))
}

/// From now on the first interrupt is a wish, and the second ends the program at once.
///
/// # Errors
/// If the system does not let signals be heard.
pub fn heed_interrupts() -> Result<(), Stop> {
    ctrlc::set_handler(|| {
        if flag().swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(crate::stop::INTERRUPTED));
        }
    })
    .map_err(Stop::failed)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_those_of_the_calendar() {
        const DAY_MS: f64 = 86_400_000.0;
        assert_eq!(day(0.0), "1970-01-01");
        assert_eq!(day(59.0 * DAY_MS), "1970-03-01");
        assert_eq!(day(19_782.0 * DAY_MS), "2024-02-29");
        assert_eq!(day(19_783.0 * DAY_MS), "2024-03-01");
        assert_eq!(day(20_787.5 * DAY_MS), "2026-11-30");
    }
}
