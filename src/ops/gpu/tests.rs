//! What can be said of the text without an adapter: every plan that a check lists is well formed. The numbers themselves are
//! checked in a browser.

use super::{
    plan::{Plan, Slot, spread},
    variant::Variant,
};
use crate::ops::{CHECKS, check::OperatorCheck};

fn plans() -> Vec<Plan> {
    let of = |check: &OperatorCheck| Variant::ALL.map(check.plans).concat();
    CHECKS.iter().flat_map(of).collect()
}

/// How many fields the uniform struct of a text has.
fn uniform_fields(source: &str) -> Option<usize> {
    let (_, rest) = source.split_once("struct Params {")?;
    let (fields, _) = rest.split_once('}')?;
    Some(fields.matches(',').count())
}

#[test]
fn every_check_lists_plans() {
    for check in &CHECKS {
        assert!(!(check.plans)(Variant::default()).is_empty(), "{}", check.name);
    }
}

#[test]
fn every_kernel_is_launched_with_what_its_text_declares() {
    let mut seen = std::collections::HashSet::new();
    for plan in plans() {
        for dispatch in &plan.dispatches {
            if !seen.insert(dispatch.shader.clone()) {
                continue;
            }
            let source = dispatch.shader.source();
            let name = format!("{:?}", dispatch.shader);
            assert!(!source.contains('$'), "{name}: a placeholder is left");
            for (open, close) in [('{', '}'), ('(', ')'), ('[', ']')] {
                assert_eq!(source.matches(open).count(), source.matches(close).count(), "{name}");
            }
            assert_eq!(source.matches("@binding(").count(), dispatch.slots.len() + 1, "{name}");
            assert_eq!(uniform_fields(&source), Some(dispatch.params.len()), "{name}");
        }
    }
    assert!(seen.len() > 50, "{} texts only", seen.len());
}

#[test]
fn slots_stay_inside_the_plan_and_dispatches_inside_the_limits() {
    for plan in plans() {
        for dispatch in &plan.dispatches {
            for slot in &dispatch.slots {
                match *slot {
                    Slot::Input(i) => assert!(i < 5),
                    Slot::Output(i) => assert!(i < plan.outputs.len()),
                    Slot::Scratch(i) => assert!(i < plan.scratch.len()),
                }
            }
            assert!(dispatch.slots.len() <= 8, "WebGPU's default storage buffers in a stage");
            assert!(dispatch.workgroups.iter().all(|n| (1..=65_535).contains(n)));
        }
        assert!(plan.scratch.iter().all(|n| *n > 0));
    }
}

#[test]
fn every_output_is_written() {
    for plan in plans() {
        for i in 0..plan.outputs.len() {
            let written = plan.dispatches.iter().any(|d| d.slots.contains(&Slot::Output(i)));
            assert!(
                written,
                "output {i} of {:?}",
                plan.dispatches.first().map(|d| &d.shader)
            );
        }
    }
}

#[test]
fn large_dispatches_spill_into_the_second_dimension() {
    let [x, y, z] = spread(64 * 65_535 * 3, 64);
    assert_eq!((x, y, z), (65_535, 3, 1));
    assert_eq!(spread(0, 64), [1, 1, 1]);
}
