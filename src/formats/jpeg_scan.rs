//! Whether the picture of a JPEG is all there: its entropy-coded data is walked to the last block, no pixel is made.
//!
//! Decoders in use fill what is missing with grey, whether a stream ends early, is cut by a marker or holds codes that
//! nobody gave out. Source: ITU-T T.81, annexes B, C, F and G.

/// What is wrong with a stream, in words.
pub type Fault = String;

/// Blocks of a scan that may be missing at its very end: some writers lose the last bits.
const SPARE_UNITS: usize = 1;

/// A table of Huffman codes.
struct Table {
    /// By the next 8 bits: length of the code (0 for a longer one) and its value.
    short: [(u8, u8); 256],
    /// By length from 1: the first code, the number of codes, and where their values begin.
    lengths: [(u32, u32, usize); 17],
    values: Vec<u8>,
}

struct Component {
    id: u8,
    h: usize,
    v: usize,
    /// Blocks of 8 x 8 that hold pixels, across and down.
    blocks: [usize; 2],
    /// The same with what fills the last MCU: how they are stored in `history`.
    padded: [usize; 2],
    /// Of a progressive picture: which of a block's 64 coefficients are not zero.
    history: Vec<u64>,
    scanned: bool,
}

struct Frame {
    progressive: bool,
    components: Vec<Component>,
    /// MCUs across and down.
    mcus: [usize; 2],
}

/// How a scan of a progressive picture goes: first and last coefficient, and whether it refines.
#[derive(Clone, Copy)]
struct Spectrum {
    start: usize,
    end: usize,
    refines: bool,
}

/// Walks a whole stream, beginning with its first marker.
///
/// # Errors
/// What is missing or wrong. Processes that this does not know (arithmetic, lossless) are left to the decoder.
pub fn check(bytes: &[u8]) -> Result<(), Fault> {
    let (mut dc, mut ac): ([Option<Table>; 4], [Option<Table>; 4]) = Default::default();
    let mut restart = 0usize;
    let mut frame: Option<Frame> = None;
    let mut at = 2usize;
    loop {
        at = next_marker(bytes, at);
        let Some(&marker) = bytes.get(at + 1) else { break };
        at += 2;
        match marker {
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let length = match bytes.get(at..at + 2) {
            Some(&[a, b]) => usize::from(u16::from_be_bytes([a, b])).max(2),
            _ => return Err("the file ends early".into()),
        };
        let segment = bytes.get(at + 2..at + length).ok_or("the file ends early")?;
        at += length;
        match marker {
            0xc4 => read_tables(segment, &mut dc, &mut ac)?,
            0xdd => {
                if let [a, b, ..] = segment {
                    restart = usize::from(u16::from_be_bytes([*a, *b]));
                }
            }
            0xc0..=0xc2 => frame = Some(read_frame(segment, marker == 0xc2)?),
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Ok(()),
            0xda => {
                let frame = frame.as_mut().ok_or("a scan before its frame")?;
                at = walk(bytes, at, segment, frame, [&dc, &ac], restart)?;
            }
            _ => {}
        }
    }
    let frame = frame.ok_or("no frame")?;
    match frame.components.iter().position(|c| !c.scanned) {
        Some(component) => Err(format!("component {} is missing", component + 1)),
        None => Ok(()),
    }
}

/// Where the next marker begins; inside of data FF 00 is none.
fn next_marker(bytes: &[u8], mut at: usize) -> usize {
    while let (Some(&a), Some(&b)) = (bytes.get(at), bytes.get(at + 1)) {
        if a == 0xff && b != 0 && b != 0xff {
            break;
        }
        at += 1;
    }
    at
}

fn read_tables(mut segment: &[u8], dc: &mut [Option<Table>; 4], ac: &mut [Option<Table>; 4]) -> Result<(), Fault> {
    while let [head, rest @ ..] = segment {
        let counts: &[u8; 16] = rest.first_chunk().ok_or("a Huffman table ends early")?;
        let total: usize = counts.iter().map(|n| usize::from(*n)).sum();
        let values = rest.get(16..16 + total).ok_or("a Huffman table ends early")?;
        let table = Table::new(counts, values)?;
        let number = usize::from(head & 3);
        if head >> 4 == 0 {
            dc[number] = Some(table);
        } else {
            ac[number] = Some(table);
        }
        segment = &rest[16 + total..];
    }
    Ok(())
}

impl Table {
    fn new(counts: &[u8; 16], values: &[u8]) -> Result<Table, Fault> {
        let mut table = Table {
            short: [(0, 0); 256],
            lengths: [(0, 0, 0); 17],
            values: values.to_vec(),
        };
        let (mut code, mut first) = (0u32, 0usize);
        for (length, count) in (1..=16u32).zip(counts.iter().map(|n| u32::from(*n))) {
            if code + count > 1 << length {
                return Err("a Huffman table with more codes than bits".into());
            }
            table.lengths[length as usize] = (code, count, first);
            if length <= 8 {
                for i in 0..count {
                    let from = ((code + i) << (8 - length)) as usize;
                    let value = values.get(first + i as usize).copied().unwrap_or(0);
                    table.short[from..from + (1 << (8 - length))].fill((length as u8, value));
                }
            }
            first += count as usize;
            code = (code + count) << 1;
        }
        Ok(table)
    }
}

fn read_frame(segment: &[u8], progressive: bool) -> Result<Frame, Fault> {
    let &[8, h1, h0, w1, w0, count, ref rest @ ..] = segment else {
        return Err("a frame that is not of 8 bits".into());
    };
    let (height, width) = (u16::from_be_bytes([h1, h0]) as usize, u16::from_be_bytes([w1, w0]) as usize);
    if height == 0 || width == 0 || !(1..=4).contains(&count) || rest.len() < 3 * usize::from(count) {
        return Err(format!("a frame of {width} x {height}, {count} components"));
    }
    let factors: Vec<(u8, usize, usize)> = rest
        .chunks_exact(3)
        .take(count.into())
        .map(|c| (c[0], usize::from(c[1] >> 4), usize::from(c[1] & 15)))
        .collect();
    if factors.iter().any(|(_, h, v)| !(1..=4).contains(h) || !(1..=4).contains(v)) {
        return Err("sampling factors that nobody may use".into());
    }
    let most = |of: fn(&(u8, usize, usize)) -> usize| factors.iter().map(of).max().unwrap_or(1);
    let (h_max, v_max) = (most(|f| f.1), most(|f| f.2));
    let mcus = [width.div_ceil(8 * h_max), height.div_ceil(8 * v_max)];
    let components = factors.iter().map(|&(id, h, v)| {
        let padded = [mcus[0] * h, mcus[1] * v];
        Component {
            id,
            h,
            v,
            blocks: [
                (width * h).div_ceil(h_max).div_ceil(8),
                (height * v).div_ceil(v_max).div_ceil(8),
            ],
            padded,
            history: vec![0; if progressive { padded[0] * padded[1] } else { 0 }],
            scanned: false,
        }
    });
    Ok(Frame {
        progressive,
        components: components.collect(),
        mcus,
    })
}

/// Walks one scan; gives where it ends.
fn walk(
    bytes: &[u8],
    at: usize,
    header: &[u8],
    frame: &mut Frame,
    [dc, ac]: [&[Option<Table>; 4]; 2],
    restart: usize,
) -> Result<usize, Fault> {
    let count = header.first().map_or(0, |n| usize::from(*n));
    let (Some(picks), Some(&[start, end, successive])) = (header.get(1..1 + 2 * count), header.get(1 + 2 * count..4 + 2 * count))
    else {
        return Err("a scan whose header ends early".into());
    };
    let spectrum = Spectrum {
        start: start.min(63).into(),
        end: end.min(63).into(),
        refines: successive >> 4 != 0,
    };
    // Component and its two tables.
    let mut parts = Vec::new();
    for pick in picks.chunks_exact(2) {
        let position = frame.components.iter().position(|c| c.id == pick[0]);
        let position = position.ok_or_else(|| format!("a scan of component {}, which there is not", pick[0]))?;
        parts.push((position, usize::from(pick[1] >> 4 & 3), usize::from(pick[1] & 3)));
    }
    // Alone, a component has as many blocks as its pixels need; together they come by MCU.
    let [across, down] = match parts[..] {
        [(only, ..)] => frame.components[only].blocks,
        [] => return Err("a scan of no component".into()),
        _ => frame.mcus,
    };
    let units = across * down;
    let mut bits = Bits::new(bytes, at);
    let mut run = 0u32;
    for unit in 0..units {
        if restart > 0 && unit > 0 && unit % restart == 0 {
            run = 0;
            bits.restart(units - unit)?;
        }
        let mut step = || -> Result<(), Fault> {
            for &(position, dc_at, ac_at) in &parts {
                let single = parts.len() == 1;
                let component = &mut frame.components[position];
                let (h, v) = if single { (1, 1) } else { (component.h, component.v) };
                for block in 0..h * v {
                    let x = unit % across * h + block % h;
                    let y = unit / across * v + block / h;
                    if !frame.progressive {
                        sequential(&mut bits, dc[dc_at].as_ref(), ac[ac_at].as_ref())?;
                        continue;
                    }
                    let history = component.history.get_mut(y * component.padded[0] + x);
                    let history = history.ok_or("a block outside of the picture")?;
                    if spectrum.start == 0 {
                        first_coefficient(&mut bits, dc[dc_at].as_ref(), spectrum)?;
                    } else {
                        others(&mut bits, ac[ac_at].as_ref(), spectrum, history, &mut run)?;
                    }
                }
            }
            Ok(())
        };
        if let Err(fault) = step() {
            if units - unit > SPARE_UNITS {
                return Err(format!("{fault} after {}% of a scan", unit * 100 / units));
            }
            break;
        }
    }
    for &(position, ..) in &parts {
        frame.components[position].scanned |= spectrum.start == 0;
    }
    Ok(next_marker(bytes, bits.at))
}

const NO_TABLE: &str = "a Huffman table is missing";

/// A block of a sequential picture.
fn sequential(bits: &mut Bits, dc: Option<&Table>, ac: Option<&Table>) -> Result<(), Fault> {
    let (dc, ac) = dc.zip(ac).ok_or(NO_TABLE)?;
    let size = bits.code(dc)?;
    bits.skip(u32::from(size & 15))?;
    let mut k = 1;
    while k < 64 {
        let symbol = bits.code(ac)?;
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 && zeros != 15 {
            break;
        }
        bits.skip(size)?;
        k += zeros + 1;
    }
    Ok(())
}

/// The first coefficient of a block of a progressive picture.
fn first_coefficient(bits: &mut Bits, dc: Option<&Table>, spectrum: Spectrum) -> Result<(), Fault> {
    if spectrum.refines {
        return bits.skip(1);
    }
    let size = bits.code(dc.ok_or(NO_TABLE)?)?;
    bits.skip(u32::from(size & 15))
}

/// The other coefficients of a block of a progressive picture. `run`: blocks to come of which nothing is told.
fn others(
    bits: &mut Bits,
    ac: Option<&Table>,
    spectrum: Spectrum,
    history: &mut u64,
    run: &mut u32,
) -> Result<(), Fault> {
    let ac = ac.ok_or(NO_TABLE)?;
    let is_set = |history: u64, k: usize| history >> k & 1 == 1;
    let mut k = spectrum.start;
    if *run == 0 {
        while k <= spectrum.end {
            let symbol = bits.code(ac)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && zeros < 15 {
                *run = (1 << zeros) + bits.take(zeros)?;
                break;
            }
            // Refining, a new coefficient has its sign alone; those known already have a bit each on the way.
            bits.skip(if spectrum.refines { size.min(1) } else { size })?;
            while k <= spectrum.end {
                if spectrum.refines && is_set(*history, k) {
                    bits.skip(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                k += 1;
            }
            if size > 0 && k < 64 {
                *history |= 1 << k;
            }
            k += 1;
        }
    }
    if *run > 0 {
        if spectrum.refines {
            let known = (k..=spectrum.end).filter(|k| is_set(*history, *k)).count();
            bits.skip(known as u32)?;
        }
        *run -= 1;
    }
    Ok(())
}

/// Bits of a scan, up to the next marker.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Bits<'a> {
        Bits {
            bytes,
            at,
            held: 0,
            count: 0,
        }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => break,
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// The next 16 bits, zeros behind the end.
    fn peek(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        let bits = if self.count >= 16 {
            self.held >> (self.count - 16)
        } else {
            self.held << (16 - self.count)
        };
        (bits & 0xffff) as u32
    }

    fn skip(&mut self, n: u32) -> Result<(), Fault> {
        let mut left = n;
        while left > 0 {
            if self.count < 16 {
                self.fill();
            }
            let part = left.min(self.count);
            if part == 0 {
                return Err("the data ends".into());
            }
            self.count -= part;
            left -= part;
        }
        Ok(())
    }

    fn take(&mut self, n: u32) -> Result<u32, Fault> {
        let value = self.peek() >> (16 - n.min(16));
        self.skip(n)?;
        Ok(value)
    }

    /// The value of the next code.
    fn code(&mut self, table: &Table) -> Result<u8, Fault> {
        let next = self.peek();
        let (length, value) = table.short[(next >> 8) as usize];
        if length > 0 {
            self.skip(length.into())?;
            return Ok(value);
        }
        for length in 9..=16u32 {
            let (first, count, from) = table.lengths[length as usize];
            let code = next >> (16 - length);
            if code >= first && code - first < count {
                self.skip(length)?;
                let value = table.values.get(from + (code - first) as usize);
                return value.copied().ok_or_else(|| "a code that stands for nothing".into());
            }
        }
        Err(if self.count < 16 { "the data ends" } else { "a code that stands for nothing" }.into())
    }

    /// To the restart marker that has to come here; `left`: units behind it.
    fn restart(&mut self, left: usize) -> Result<(), Fault> {
        let marker = next_marker(self.bytes, self.at);
        match self.bytes.get(marker + 1) {
            Some(0xd0..=0xd7) => *self = Bits::new(self.bytes, marker + 2),
            _ if left <= SPARE_UNITS => {}
            _ => return Err("a restart marker is missing".into()),
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "jpeg_scan_tests.rs"]
mod tests;
