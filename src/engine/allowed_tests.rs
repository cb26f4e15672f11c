//! The whole table: every command in every state.

use pollster::block_on;

use super::*;
use crate::{
    engine::Engine,
    protocol::{
        DeviceChoice, Event, ExportKind, LabelFile, MaskRule, ModelFormat, Mosaic, Outlines, PictureOf, Preset,
        RangeChoice, TrainConfig,
    },
};

/// No run, a run at work, a paused one; then the same three beside a prediction.
const STATES: [State; 6] = {
    const fn state(run: Activity, is_predicting: bool) -> State {
        State { run, is_predicting }
    }
    [
        state(Activity::None, false),
        state(Activity::Training, false),
        state(Activity::Paused, false),
        state(Activity::None, true),
        state(Activity::Training, true),
        state(Activity::Paused, true),
    ]
};

/// A command's place in [`TABLE`]: a new command does not compile until it has one.
fn number(command: &Command) -> usize {
    match command {
        Command::Init { .. } => 0,
        Command::AddFile { purpose, .. } => match purpose {
            Purpose::Train => 1,
            Purpose::Predict => 2,
        },
        Command::FileUnreadable { .. } => 3,
        Command::SetBands { .. } => 4,
        Command::SetRange { .. } => 5,
        Command::FilesDone { purpose } => match purpose {
            Purpose::Train => 6,
            Purpose::Predict => 7,
        },
        Command::SampleScenes { .. } => 8,
        Command::SetMaskRule { .. } => 9,
        Command::SetExcluded { .. } => 10,
        Command::ShiftOutlines { .. } => 11,
        Command::LeaveOutUnmapped { .. } => 12,
        Command::SetFolderRoles { .. } => 13,
        Command::PairByHand { .. } => 14,
        Command::Clear { purpose } => match purpose {
            Purpose::Train => 15,
            Purpose::Predict => 16,
        },
        Command::PresetConfig { .. } => 17,
        Command::CheckConfig { .. } => 18,
        Command::ShowTiles { .. } => 19,
        Command::Start { .. } => 20,
        Command::StartFromModel { .. } => 21,
        Command::Pause => 22,
        Command::Resume => 23,
        Command::Stop => 24,
        Command::Predict { .. } => 25,
        Command::CancelPredict => 26,
        Command::Export { .. } => 27,
        Command::ExportOutlines { .. } => 28,
        Command::DrawOutlines { .. } => 29,
        Command::ExportTable { .. } => 30,
        Command::ExportModel { .. } => 31,
        Command::SaveModel => 32,
        Command::LoadModel { .. } => 33,
        Command::Picture { .. } => 34,
        Command::SetLabelClasses { .. } => 35,
        Command::PaintLabels { .. } => 36,
        Command::ReadLabels { .. } => 37,
        Command::PredictView { .. } => 38,
        Command::SuggestLabels { .. } => 39,
        Command::ExportLabels { .. } => 40,
        Command::PredictPart { .. } => 41,
        Command::PredictMosaic { .. } => 42,
    }
}

/// For each command and each of [`STATES`]: `-` it is carried out, `B` busy, `N` not running; and the stage that is named.
const TABLE: [(&str, Stage); 43] = [
    ("-BBBBB", Stage::Device),  // init
    ("-BBBBB", Stage::Read),    // add_file to train on
    ("---BBB", Stage::Read),    // add_file to predict
    ("------", Stage::Read),    // file_unreadable
    ("------", Stage::Read),    // set_bands
    ("-BB-BB", Stage::Train),   // set_range
    ("-BB-BB", Stage::Train),   // files_done to train on
    ("------", Stage::Read),    // files_done to predict
    ("-BBBBB", Stage::Read),    // sample_scenes
    ("-BB-BB", Stage::Train),   // set_mask_rule
    ("-BB-BB", Stage::Train),   // set_excluded
    ("-BB-BB", Stage::Train),   // shift_outlines
    ("-BB-BB", Stage::Train),   // leave_out_unmapped
    ("-BB-BB", Stage::Train),   // set_folder_roles
    ("-BB-BB", Stage::Train),   // pair_by_hand
    ("-BB-BB", Stage::Train),   // clear what is trained on
    ("---BBB", Stage::Predict), // clear what is predicted
    ("------", Stage::Train),   // preset_config
    ("------", Stage::Train),   // check_config
    ("------", Stage::Train),   // show_tiles
    ("-BBBBB", Stage::Train),   // start
    ("-BBBBB", Stage::Train),   // start_from_model
    ("N--N--", Stage::Train),   // pause
    ("N--N--", Stage::Train),   // resume
    ("N--N--", Stage::Train),   // stop
    ("-B-BBB", Stage::Predict), // predict
    ("NNN---", Stage::Predict), // cancel_predict
    ("------", Stage::Export),  // export
    ("------", Stage::Export),  // export_outlines
    ("------", Stage::Export),  // draw_outlines
    ("------", Stage::Export),  // export_table
    ("------", Stage::Model),   // export_model
    ("------", Stage::Model),   // save_model
    ("-BBBBB", Stage::Model),   // load_model
    ("------", Stage::Read),    // picture
    ("------", Stage::Train),   // set_label_classes
    ("------", Stage::Train),   // paint_labels
    ("------", Stage::Read),    // read_labels
    ("------", Stage::Predict), // predict_view
    ("------", Stage::Predict), // suggest_labels
    ("------", Stage::Export),  // export_labels
    ("-B-BBB", Stage::Predict), // predict_part
    ("-B-BBB", Stage::Predict), // predict_mosaic
];

fn config() -> TrainConfig {
    TrainConfig {
        base: 4.0,
        depth: 2.0,
        tile_px: 32.0,
        batch: 2.0,
        steps: 20.0,
        ..TrainConfig::of(Preset::Fast)
    }
}

fn predict(validation: bool) -> Command {
    Command::Predict {
        validation,
        threshold: 0.5,
        averaged: false,
        match_resolution: false,
        adapted: false,
    }
}

/// One of every kind, in the order of [`TABLE`].
fn commands() -> Vec<Command> {
    let add = |purpose| Command::AddFile {
        path: "a/b.txt".to_owned(),
        bytes: Vec::new(),
        purpose,
    };
    let outlines = Outlines::default();
    vec![
        Command::Init {
            device: DeviceChoice::Cpu,
            calibration: None,
        },
        add(Purpose::Train),
        add(Purpose::Predict),
        Command::FileUnreadable {
            path: "a.png".to_owned(),
            detail: String::new(),
        },
        Command::SetBands {
            bands: Vec::new(),
            network: false,
        },
        Command::SetRange {
            range: RangeChoice::AsBefore,
        },
        Command::FilesDone {
            purpose: Purpose::Train,
        },
        Command::FilesDone {
            purpose: Purpose::Predict,
        },
        Command::SampleScenes { seed: 1 },
        Command::SetMaskRule {
            rule: MaskRule::NotBlack { invert: false },
        },
        Command::SetExcluded {
            pairs: Vec::new(),
            excluded: true,
        },
        Command::ShiftOutlines { shifts: Vec::new() },
        Command::LeaveOutUnmapped {
            parts: Vec::new(),
            on: true,
        },
        Command::SetFolderRoles {
            images: "a".to_owned(),
            masks: "b".to_owned(),
        },
        Command::PairByHand { pairs: Vec::new() },
        Command::Clear {
            purpose: Purpose::Train,
        },
        Command::Clear {
            purpose: Purpose::Predict,
        },
        Command::PresetConfig { preset: Preset::Fast },
        Command::CheckConfig { config: config() },
        Command::ShowTiles {
            config: config(),
            row: 0,
        },
        Command::Start { config: config() },
        Command::StartFromModel { config: config() },
        Command::Pause,
        Command::Resume,
        Command::Stop,
        predict(true),
        Command::CancelPredict,
        Command::Export {
            result: 0,
            kind: ExportKind::MaskPng,
            threshold: 0.5,
            outlines,
        },
        Command::ExportOutlines {
            threshold: 0.5,
            outlines,
        },
        Command::DrawOutlines {
            result: 0,
            threshold: 0.5,
            outlines,
        },
        Command::ExportTable { threshold: 0.5 },
        Command::ExportModel {
            format: ModelFormat::Safetensors,
            threshold: 0.5,
            name: None,
        },
        Command::SaveModel,
        Command::LoadModel {
            name: "m.safetensors".to_owned(),
            bytes: Vec::new(),
        },
        Command::Picture {
            of: PictureOf::Pair,
            index: 0,
            max_px: 64,
        },
        Command::SetLabelClasses { classes: Vec::new() },
        Command::PaintLabels {
            image: "a.png".to_owned(),
            left: 0,
            top: 0,
            width: 1,
            height: 1,
            values: vec![0],
            corrected: false,
        },
        Command::ReadLabels {
            image: "a.png".to_owned(),
            left: 0,
            top: 0,
            width: 1,
            height: 1,
        },
        Command::PredictView {
            image: "a.png".to_owned(),
            left: 0,
            top: 0,
            width: 1,
            height: 1,
        },
        Command::SuggestLabels { count: 3 },
        Command::ExportLabels {
            kind: LabelFile::Zip,
            image: None,
        },
        Command::PredictPart {
            mosaic: Mosaic {
                width: 1,
                height: 1,
                parts: Vec::new(),
            },
            image: "a.tif".to_owned(),
            threshold: 0.5,
            averaged: false,
        },
        Command::PredictMosaic {
            validation: false,
            threshold: 0.5,
            averaged: false,
            adapted: false,
        },
    ]
}

/// The fault code that stands in the table, if the command is refused.
fn wanted(kind: usize, state: usize) -> Option<FaultCode> {
    match TABLE[kind].0.as_bytes()[state] {
        b'B' => Some(FaultCode::Busy),
        b'N' => Some(FaultCode::NotRunning),
        _ => None,
    }
}

#[test]
fn every_command_in_every_state() {
    let commands = commands();
    let kinds: Vec<usize> = commands.iter().map(number).collect();
    assert_eq!(kinds, (0..TABLE.len()).collect::<Vec<_>>(), "one command of every kind");
    for (kind, command) in commands.iter().enumerate() {
        for (at, state) in STATES.into_iter().enumerate() {
            let refused = allowed(command, state).err();
            assert_eq!(
                refused.as_ref().map(|f| f.code),
                wanted(kind, at),
                "{command:?} in {state:?}"
            );
            if let Some(fault) = refused {
                assert_eq!((fault.stage, fault.detail), (TABLE[kind].1, None), "{command:?}");
            }
        }
    }
}

#[test]
fn a_refusal_names_the_file() {
    let busy = STATES[4];
    let file = |at: usize| allowed(&commands()[at], busy).err().and_then(|fault| fault.file);
    assert_eq!(file(1).as_deref(), Some("a/b.txt"));
    assert_eq!(file(33).as_deref(), Some("m.safetensors"));
    assert_eq!(file(0), None);
    let (when, stage) = RESUME_SAVED;
    let codes = STATES.map(|state| when.check(state).err().map(|_| 'B').unwrap_or('-'));
    assert_eq!(
        (codes.iter().collect::<String>(), stage),
        ("-BBBBB".to_owned(), Stage::Train)
    );
}

/// An engine in one of [`STATES`], with a model and images to predict.
fn engine_in(state: State) -> Engine {
    let mut engine = Engine::new(Box::new(|| 0.0));
    let send = |engine: &mut Engine, command| block_on(engine.command(command));
    send(
        &mut engine,
        Command::Init {
            device: DeviceChoice::Cpu,
            calibration: None,
        },
    );
    send(&mut engine, Command::SampleScenes { seed: 1 });
    send(&mut engine, Command::Start { config: config() });
    while engine.run.under_way().is_some_and(|run| run.session().steps() == 0) {
        block_on(engine.advance(0.0));
    }
    // A run that is over leaves its model.
    send(&mut engine, Command::Stop);
    if state.run != Activity::None {
        send(&mut engine, Command::Start { config: config() });
        send(&mut engine, Command::Pause);
    }
    if state.is_predicting {
        send(&mut engine, predict(true));
    }
    if state.run == Activity::Training {
        send(&mut engine, Command::Resume);
    }
    assert_eq!(engine.state(), state);
    engine
}

/// The engine itself answers by the table, and a refused command changes nothing of what it is at.
#[test]
fn the_engine_answers_by_the_table() {
    for (at, state) in STATES.into_iter().enumerate() {
        let mut engine = engine_in(state);
        for (kind, command) in commands().into_iter().enumerate() {
            let Some(code) = wanted(kind, at) else { continue };
            let name = format!("{command:?} in {state:?}");
            let events = block_on(engine.command(command));
            let [Event::Fault(fault)] = events.as_slice() else {
                panic!("{name}: {events:?}")
            };
            assert_eq!((fault.code, fault.stage), (code, TABLE[kind].1), "{name}");
            assert_eq!(engine.state(), state, "{name}");
        }
    }
}
