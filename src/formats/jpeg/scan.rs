//! Frames and their scans (T.81, annexes A, F and G).

use super::{
    entropy::{Bits, Table, next_marker},
    parts::{Block, Fault},
    transform,
};

/// Units of a scan that may be missing at its very end: some writers lose the last bits.
const SPARE_UNITS: usize = 1;
/// In place of a number of bits.
const UNSEEN: u8 = u8::MAX;
const NO_TABLE: &str = "a Huffman table is missing";

/// Where the coefficients of a block stand, by their order in the stream.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// What stands before scans.
#[derive(Default)]
pub(super) struct Tables {
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// Quantisation, by row of the block.
    steps: [Option<[u16; 64]>; 4],
    /// Units between restart markers; 0 for none.
    pub(super) restart: usize,
}

impl Tables {
    pub(super) fn add_codes(&mut self, mut segment: &[u8]) -> Result<(), Fault> {
        const SHORT: &str = "a Huffman table ends early";
        while let [head, rest @ ..] = segment {
            let counts: &[u8; 16] = rest.first_chunk().ok_or(SHORT)?;
            let total: usize = counts.iter().map(|n| usize::from(*n)).sum();
            let table = Table::new(counts, rest.get(16..16 + total).ok_or(SHORT)?)?;
            let kind = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            kind[usize::from(head & 3)] = Some(table);
            segment = &rest[16 + total..];
        }
        Ok(())
    }

    pub(super) fn add_steps(&mut self, mut segment: &[u8]) -> Result<(), Fault> {
        while let [head, rest @ ..] = segment {
            let bytes = if head >> 4 == 0 { 1 } else { 2 };
            let values = rest.get(..64 * bytes).ok_or("a quantisation table ends early")?;
            let mut table = [0; 64];
            for (to, value) in ZIGZAG.iter().zip(values.chunks_exact(bytes)) {
                table[usize::from(*to)] = value.iter().fold(0, |n, b| n << 8 | u16::from(*b));
            }
            self.steps[usize::from(head & 3)] = Some(table);
            segment = &rest[64 * bytes..];
        }
        Ok(())
    }
}

pub(super) struct Component {
    id: u8,
    pub(super) h: usize,
    pub(super) v: usize,
    /// Number of its quantisation table.
    table: usize,
    /// Pixels across and down.
    pub(super) size: [usize; 2],
    /// Blocks across and down, with what fills the last unit.
    pub(super) blocks: [usize; 2],
    /// Of a progressive picture: which of a block's coefficients, in the stream's order, are not zero.
    history: Vec<u64>,
    /// Of a progressive picture whose samples are kept.
    pub(super) coefficients: Vec<Block>,
    /// Samples of all blocks, if they are kept.
    pub(super) samples: Vec<u8>,
    pub(super) steps: Option<[u16; 64]>,
    /// The first coefficient of the block before.
    before: i32,
    /// Of each coefficient the bits that have not come; [`UNSEEN`] before the first have.
    open_bits: [u8; 64],
}

pub(super) struct Frame {
    progressive: bool,
    keep: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<Component>,
    /// Units (MCUs) across and down.
    units: [usize; 2],
    /// The largest factors among the components.
    pub(super) factors: [usize; 2],
}

/// How a scan of a progressive picture goes.
#[derive(Clone, Copy)]
struct Spectrum {
    /// First and last coefficient.
    start: usize,
    end: usize,
    refines: bool,
    /// Bits that come later.
    low: u32,
}

impl Frame {
    /// `largest`: width and height at most, so that nothing is allocated for a lie.
    pub(super) fn read(segment: &[u8], progressive: bool, largest: [usize; 2], keep: bool) -> Result<Frame, Fault> {
        let &[8, h1, h0, w1, w0, count, ref rest @ ..] = segment else {
            return Err("a frame that is not of 8 bits".into());
        };
        let [height, width] = [[h1, h0], [w1, w0]].map(|b| usize::from(u16::from_be_bytes(b)));
        let too_large = width > largest[0] || height > largest[1];
        if height == 0 || width == 0 || too_large || !(1..=4).contains(&count) || rest.len() < 3 * usize::from(count) {
            return Err(format!("a frame of {width} x {height}, {count} components"));
        }
        let parts = rest.chunks_exact(3).take(count.into());
        let parts: Vec<[usize; 4]> = parts
            .map(|c| {
                [
                    c[0].into(),
                    usize::from(c[1] >> 4),
                    usize::from(c[1] & 15),
                    usize::from(c[2] & 3),
                ]
            })
            .collect();
        if parts
            .iter()
            .any(|[_, h, v, _]| !(1..=4).contains(h) || !(1..=4).contains(v))
        {
            return Err("sampling factors that nobody may use".into());
        }
        let most = |i: usize| parts.iter().map(|p| p[i]).max().unwrap_or(1);
        let factors = [most(1), most(2)];
        let units = [width.div_ceil(8 * factors[0]), height.div_ceil(8 * factors[1])];
        let blocks = |p: &[usize; 4]| units[0] * p[1] * units[1] * p[2];
        let components = parts.iter().map(|part| {
            let &[id, h, v, table] = part;
            let n = blocks(part);
            Component {
                id: id as u8,
                h,
                v,
                table,
                size: [(width * h).div_ceil(factors[0]), (height * v).div_ceil(factors[1])],
                blocks: [units[0] * h, units[1] * v],
                history: vec![0; if progressive { n } else { 0 }],
                coefficients: vec![[0; 64]; if progressive && keep { n } else { 0 }],
                samples: vec![0; if keep { n * 64 } else { 0 }],
                steps: None,
                before: 0,
                open_bits: [UNSEEN; 64],
            }
        });
        Ok(Frame {
            progressive,
            keep,
            width,
            height,
            components: components.collect(),
            units,
            factors,
        })
    }

    /// Whether all bits of all coefficients have come.
    pub(super) fn complete(&self) -> Result<(), Fault> {
        let open = self
            .components
            .iter()
            .position(|c| c.open_bits.iter().any(|bits| *bits > 0));
        match open {
            Some(component) => Err(format!("scans of component {} are missing", component + 1)),
            None => Ok(()),
        }
    }

    /// Walks one scan; gives where it ends.
    pub(super) fn walk(&mut self, bytes: &[u8], at: usize, header: &[u8], tables: &Tables) -> Result<usize, Fault> {
        let count = header.first().map_or(0, |n| usize::from(*n));
        let picks = header.get(1..1 + 2 * count);
        let (Some(picks), Some(&[start, end, bits])) = (picks, header.get(1 + 2 * count..4 + 2 * count)) else {
            return Err("a scan whose header ends early".into());
        };
        let spectrum = Spectrum {
            start: start.min(63).into(),
            end: end.min(63).into(),
            refines: bits >> 4 != 0,
            low: u32::from(bits & 15).min(13),
        };
        // Component and its two tables.
        let mut parts = Vec::new();
        for pick in picks.chunks_exact(2) {
            let position = self.components.iter().position(|c| c.id == pick[0]);
            let position = position.ok_or_else(|| format!("a scan of component {}, which there is not", pick[0]))?;
            let component = &mut self.components[position];
            component.before = 0;
            component.steps = component.steps.or(tables.steps[component.table]);
            let codes = [usize::from(pick[1] >> 4 & 3), usize::from(pick[1] & 3)];
            parts.push((position, tables.dc[codes[0]].as_ref(), tables.ac[codes[1]].as_ref()));
        }
        // Alone, a component has as many blocks as its pixels need; together they come by unit.
        let [across, down] = match parts[..] {
            [] => return Err("a scan of no component".into()),
            [(only, ..)] => self.components[only].size.map(|n| n.div_ceil(8)),
            _ => self.units,
        };
        let units = across * down;
        let mut bits = Bits::new(bytes, at);
        let mut run = 0u32;
        for unit in 0..units {
            let mut outcome = Ok(());
            if tables.restart > 0 && unit > 0 && unit % tables.restart == 0 {
                run = 0;
                self.components.iter_mut().for_each(|c| c.before = 0);
                if !bits.restart() {
                    outcome = Err("a restart marker is missing".into());
                }
            }
            for &(position, dc, ac) in &parts {
                let component = &self.components[position];
                let [h, v] = if parts.len() == 1 {
                    [1, 1]
                } else {
                    [component.h, component.v]
                };
                for block in 0..h * v {
                    let place = [unit % across * h + block % h, unit / across * v + block / h];
                    outcome =
                        outcome.and_then(|()| self.block(&mut bits, position, place, [dc, ac], spectrum, &mut run));
                }
            }
            if let Err(fault) = outcome {
                if unit == 0 || units - unit > SPARE_UNITS {
                    return Err(format!("{fault} after {}% of a scan", unit * 100 / units));
                }
                break;
            }
        }
        for &(position, ..) in &parts {
            let open = &mut self.components[position].open_bits;
            if self.progressive {
                open[spectrum.start..=spectrum.end.max(spectrum.start)].fill(spectrum.low as u8);
            } else {
                *open = [0; 64];
            }
        }
        Ok(next_marker(bytes, bits.at))
    }

    /// One block of a component, at a column and row of blocks.
    fn block(
        &mut self,
        bits: &mut Bits,
        component: usize,
        [x, y]: [usize; 2],
        [dc, ac]: [Option<&Table>; 2],
        spectrum: Spectrum,
        run: &mut u32,
    ) -> Result<(), Fault> {
        let component = &mut self.components[component];
        let number = y * component.blocks[0] + x;
        if !self.progressive {
            let mut block = [0; 64];
            let (dc, ac) = dc.zip(ac).ok_or(NO_TABLE)?;
            sequential(bits, dc, ac, &mut component.before, &mut block)?;
            if self.keep {
                let steps = component.steps.ok_or("a quantisation table is missing")?;
                transform::put(&block, &steps, &mut component.samples, component.blocks[0] * 8, [x, y]);
            }
            return Ok(());
        }
        let mut none = [0; 64];
        let block = component.coefficients.get_mut(number).unwrap_or(&mut none);
        if spectrum.start == 0 {
            if spectrum.refines {
                block[0] |= (bits.take(1)? << spectrum.low) as i16;
            } else {
                let category = bits.code(dc.ok_or(NO_TABLE)?)?;
                component.before = component.before.wrapping_add(bits.signed(u32::from(category & 15))?);
                block[0] = component.before.wrapping_shl(spectrum.low) as i16;
            }
            return Ok(());
        }
        let history = component
            .history
            .get_mut(number)
            .ok_or("a block outside of the picture")?;
        others(bits, ac.ok_or(NO_TABLE)?, spectrum, history, block, run)
    }
}

/// A block of a sequential picture.
fn sequential(bits: &mut Bits, dc: &Table, ac: &Table, before: &mut i32, block: &mut Block) -> Result<(), Fault> {
    let category = bits.code(dc)?;
    *before = before.wrapping_add(bits.signed(u32::from(category & 15))?);
    block[0] = *before as i16;
    let mut k = 1;
    while k < 64 {
        let symbol = bits.code(ac)?;
        let (zeros, category) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if category == 0 && zeros != 15 {
            break;
        }
        k += zeros;
        let value = bits.signed(category)?;
        if let Some(to) = ZIGZAG.get(k) {
            block[usize::from(*to)] = value as i16;
        }
        k += 1;
    }
    Ok(())
}

/// The other coefficients of a block of a progressive picture. `run`: blocks to come of which nothing new is told.
fn others(
    bits: &mut Bits,
    ac: &Table,
    spectrum: Spectrum,
    history: &mut u64,
    block: &mut Block,
    run: &mut u32,
) -> Result<(), Fault> {
    let step = 1i16 << spectrum.low;
    let known = |history: u64, k: usize| spectrum.refines && history >> k & 1 == 1;
    // A known coefficient gets its next bit, away from zero.
    let refine = |bits: &mut Bits, block: &mut Block, k: usize| -> Result<(), Fault> {
        let value = &mut block[usize::from(ZIGZAG[k])];
        if bits.take(1)? == 1 {
            *value = value.wrapping_add(if *value < 0 { -step } else { step });
        }
        Ok(())
    };
    let mut k = spectrum.start;
    if *run == 0 {
        while k <= spectrum.end {
            let symbol = bits.code(ac)?;
            let (mut zeros, category) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if category == 0 && zeros < 15 {
                *run = (1 << zeros) + bits.take(zeros)?;
                break;
            }
            // Refining, a new coefficient has its sign alone.
            let value = if spectrum.refines && category > 0 {
                2 * bits.take(1)? as i32 - 1
            } else {
                bits.signed(category)?
            };
            while k <= spectrum.end {
                if known(*history, k) {
                    refine(bits, block, k)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                k += 1;
            }
            if category > 0 && k < 64 {
                *history |= 1 << k;
                block[usize::from(ZIGZAG[k])] = value.wrapping_shl(spectrum.low) as i16;
            }
            k += 1;
        }
    }
    if *run > 0 {
        for k in k..=spectrum.end {
            if known(*history, k) {
                refine(bits, block, k)?;
            }
        }
        *run -= 1;
    }
    Ok(())
}
