//! The wasm file for browsers without relaxed SIMD, made from the one with it: each relaxed instruction becomes strict
//! ones that give one of the results it may give. One compilation and one JavaScript side serve both.

use anyhow::{Result, bail};
use walrus::ir::{
    BinaryOp, Binop, Instr, InstrSeq, LocalGet, LocalSet, TernOp, TernaryOp, UnaryOp, Unop, VisitorMut,
    dfs_pre_order_mut,
};
use walrus::{FunctionId, LocalId, ModuleConfig, ValType};

/// Rewrites a module. `named` keeps the functions' names.
///
/// # Errors
/// If it is no module, or has a relaxed instruction that compilers do not make of Rust's own arithmetic.
pub fn rewrite(wasm: &[u8], named: bool) -> Result<Vec<u8>> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(named).generate_producers_section(false);
    let mut module = config.parse(wasm)?;
    let mut simple = Simple::default();
    let mut fused: Vec<FunctionId> = Vec::new();
    for (id, function) in module.funcs.iter_local_mut() {
        let before = simple.multiply_adds;
        let entry = function.entry_block();
        dfs_pre_order_mut(&mut simple, function, entry);
        if simple.multiply_adds > before {
            fused.push(id);
        }
    }
    if let Some(unknown) = simple.unknown {
        bail!("the module has the relaxed instruction {unknown}, for which there is no strict form here");
    }
    for id in fused {
        let addend = module.locals.add(ValType::V128);
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let entry = function.entry_block();
        dfs_pre_order_mut(&mut Unfuse { addend }, function, entry);
    }
    Ok(module.emit_wasm())
}

/// Replaces what one strict instruction replaces, counts the multiply-adds, and names what is neither.
#[derive(Default)]
struct Simple {
    multiply_adds: usize,
    unknown: Option<String>,
}

impl VisitorMut for Simple {
    fn visit_tern_op_mut(&mut self, instr: &mut TernOp) {
        if unfused(instr.op).is_some() {
            self.multiply_adds += 1;
        } else {
            // There are no strict ternary operations.
            self.unknown = Some(format!("{:?}", instr.op));
        }
    }

    fn visit_binop_mut(&mut self, instr: &mut Binop) {
        instr.op = match instr.op {
            BinaryOp::F32x4RelaxedMin => BinaryOp::F32x4Min,
            BinaryOp::F32x4RelaxedMax => BinaryOp::F32x4Max,
            BinaryOp::F64x2RelaxedMin => BinaryOp::F64x2Min,
            BinaryOp::F64x2RelaxedMax => BinaryOp::F64x2Max,
            BinaryOp::I8x16RelaxedSwizzle | BinaryOp::I16x8RelaxedQ15mulrS | BinaryOp::I16x8RelaxedDotI8x16I7x16S => {
                self.unknown = Some(format!("{:?}", instr.op));
                return;
            }
            strict => strict,
        };
    }

    fn visit_unop_mut(&mut self, instr: &mut Unop) {
        instr.op = match instr.op {
            UnaryOp::I32x4RelaxedTruncF32x4S => UnaryOp::I32x4TruncSatF32x4S,
            UnaryOp::I32x4RelaxedTruncF32x4U => UnaryOp::I32x4TruncSatF32x4U,
            UnaryOp::I32x4RelaxedTruncF64x2SZero => UnaryOp::I32x4TruncSatF64x2SZero,
            UnaryOp::I32x4RelaxedTruncF64x2UZero => UnaryOp::I32x4TruncSatF64x2UZero,
            strict => strict,
        };
    }
}

/// `a * b + c` and `c - a * b`, after c was put aside: what multiplies, what may negate the product, what adds.
fn unfused(op: TernaryOp) -> Option<(BinaryOp, Option<UnaryOp>, BinaryOp)> {
    match op {
        TernaryOp::F32x4RelaxedMadd => Some((BinaryOp::F32x4Mul, None, BinaryOp::F32x4Add)),
        TernaryOp::F32x4RelaxedNmadd => Some((BinaryOp::F32x4Mul, Some(UnaryOp::F32x4Neg), BinaryOp::F32x4Add)),
        TernaryOp::F64x2RelaxedMadd => Some((BinaryOp::F64x2Mul, None, BinaryOp::F64x2Add)),
        TernaryOp::F64x2RelaxedNmadd => Some((BinaryOp::F64x2Mul, Some(UnaryOp::F64x2Neg), BinaryOp::F64x2Add)),
        _ => None,
    }
}

/// Puts the addend aside, multiplies, and adds it.
struct Unfuse {
    addend: LocalId,
}

impl VisitorMut for Unfuse {
    fn start_instr_seq_mut(&mut self, sequence: &mut InstrSeq) {
        let local = self.addend;
        let old = std::mem::take(&mut sequence.instrs);
        for (instr, place) in old {
            let parts = match &instr {
                Instr::TernOp(fused) => unfused(fused.op),
                _ => None,
            };
            let Some((multiply, negate, add)) = parts else {
                sequence.instrs.push((instr, place));
                continue;
            };
            sequence.instrs.push((LocalSet { local }.into(), place));
            sequence.instrs.push((Binop { op: multiply }.into(), place));
            sequence.instrs.extend(negate.map(|op| (Unop { op }.into(), place)));
            sequence.instrs.push((LocalGet { local }.into(), place));
            sequence.instrs.push((Binop { op: add }.into(), place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `f() -> v128` of three splats of 1.0 and `ops` on them.
    fn module(ops: &[u8]) -> Vec<u8> {
        let splat = [0x43, 0, 0, 0x80, 0x3f, 0xfd, 0x13];
        let mut body = vec![0];
        (0..3).for_each(|_| body.extend(splat));
        body.extend(ops);
        body.push(0x0b);
        let mut wasm = vec![0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0];
        wasm.extend([7, 5, 1, 1, b'f', 0, 0]);
        wasm.extend([10, body.len() as u8 + 2, 1, body.len() as u8]);
        wasm.extend(body);
        wasm
    }

    /// How often the SIMD instruction of this number is there.
    fn count(wasm: &[u8], op: u16) -> usize {
        wasm.windows(3).filter(|w| *w == simd(op)).count()
    }

    fn simd(op: u16) -> [u8; 3] {
        [0xfd, (op & 0x7f) as u8 | 0x80, (op >> 7) as u8]
    }

    const MULTIPLY: u16 = 0xe6;
    const NEGATE: u16 = 0xe1;
    const ADD: u16 = 0xe4;

    #[test]
    fn multiply_adds_become_two_instructions() {
        for (op, negations) in [(0x105, 0), (0x106, 1)] {
            let fused = module(&simd(op));
            assert_eq!(count(&fused, op), 1);
            let plain = rewrite(&fused, false).expect("a module");
            assert_eq!(count(&plain, op), 0);
            assert_eq!((count(&plain, MULTIPLY), count(&plain, ADD)), (1, 1));
            assert_eq!(count(&plain, NEGATE), negations);
        }
    }

    #[test]
    fn minimum_becomes_the_strict_one_and_what_is_unknown_is_named() {
        let [relaxed, strict] = [0x10d, 0xe8];
        let plain = rewrite(&module(&[simd(relaxed), simd(ADD)].concat()), false).expect("a module");
        assert_eq!((count(&plain, relaxed), count(&plain, strict)), (0, 1));
        let error = rewrite(&module(&[simd(0x100), simd(ADD)].concat()), false).expect_err("refused");
        assert!(error.to_string().contains("I8x16RelaxedSwizzle"), "{error}");
    }
}
