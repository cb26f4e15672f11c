// @ts-check
/**
 * Short names for the types that `tsify` writes from src/protocol/, and the messages the page and
 * the worker put around them.
 *
 * @typedef {import('../../pkg/groundmask.js').Command} Command
 * @typedef {import('../../pkg/groundmask.js').Event} EngineEvent
 * @typedef {import('../../pkg/groundmask.js').Purpose} Purpose
 * @typedef {import('../../pkg/groundmask.js').DeviceChoice} DeviceChoice
 * @typedef {import('../../pkg/groundmask.js').DeviceInfo} DeviceInfo
 * @typedef {import('../../pkg/groundmask.js').Dataset} Dataset
 * @typedef {import('../../pkg/groundmask.js').FolderQuestion} FolderQuestion
 * @typedef {import('../../pkg/groundmask.js').FolderRoles} FolderRoles
 * @typedef {import('../../pkg/groundmask.js').Pair} Pair
 * @typedef {import('../../pkg/groundmask.js').Unpaired} Unpaired
 * @typedef {import('../../pkg/groundmask.js').VectorInfo} VectorInfo
 * @typedef {import('../../pkg/groundmask.js').PassedOver} PassedOver
 * @typedef {import('../../pkg/groundmask.js').Input} Input
 * @typedef {import('../../pkg/groundmask.js').MosaicInfo} MosaicInfo
 * @typedef {import('../../pkg/groundmask.js').Note} Note
 * @typedef {import('../../pkg/groundmask.js').Fault} Fault
 * @typedef {import('../../pkg/groundmask.js').FaultCode} FaultCode
 * @typedef {import('../../pkg/groundmask.js').Stage} Stage
 * @typedef {import('../../pkg/groundmask.js').MaskRule} MaskRule
 * @typedef {import('../../pkg/groundmask.js').LegendEntry} LegendEntry
 * @typedef {import('../../pkg/groundmask.js').ClassInfo} ClassInfo
 * @typedef {import('../../pkg/groundmask.js').ColourShare} ColourShare
 * @typedef {import('../../pkg/groundmask.js').RangeChoice} RangeChoice
 * @typedef {import('../../pkg/groundmask.js').RangeInfo} RangeInfo
 * @typedef {import('../../pkg/groundmask.js').Finding} Finding
 * @typedef {import('../../pkg/groundmask.js').Fix} Fix
 * @typedef {import('../../pkg/groundmask.js').OutlineShift} OutlineShift
 * @typedef {import('../../pkg/groundmask.js').UnmappedPart} UnmappedPart
 * @typedef {import('../../pkg/groundmask.js').CurvePoint} CurvePoint
 * @typedef {import('../../pkg/groundmask.js').TrainConfig} TrainConfig
 * @typedef {import('../../pkg/groundmask.js').Preset} Preset
 * @typedef {import('../../pkg/groundmask.js').ConfigReport} ConfigReport
 * @typedef {import('../../pkg/groundmask.js').HeldBackInfo} HeldBackInfo
 * @typedef {import('../../pkg/groundmask.js').TrainTile} TrainTile
 * @typedef {import('../../pkg/groundmask.js').FieldError} FieldError
 * @typedef {import('../../pkg/groundmask.js').Phase} Phase
 * @typedef {import('../../pkg/groundmask.js').StepReport} StepReport
 * @typedef {import('../../pkg/groundmask.js').ValidationReport} ValidationReport
 * @typedef {import('../../pkg/groundmask.js').PreviewItem} PreviewItem
 * @typedef {import('../../pkg/groundmask.js').RunEnd} RunEnd
 * @typedef {import('../../pkg/groundmask.js').EndReason} EndReason
 * @typedef {import('../../pkg/groundmask.js').Advice} Advice
 * @typedef {import('../../pkg/groundmask.js').ModelInfo} ModelInfo
 * @typedef {import('../../pkg/groundmask.js').PredictionResult} PredictionResult
 * @typedef {import('../../pkg/groundmask.js').Picture} Picture
 * @typedef {import('../../pkg/groundmask.js').ExportKind} ExportKind
 * @typedef {import('../../pkg/groundmask.js').Outlines} Outlines
 * @typedef {import('../../pkg/groundmask.js').DrawnOutlines} DrawnOutlines
 * @typedef {import('../../pkg/groundmask.js').ModelFormat} ModelFormat
 * @typedef {import('../../pkg/groundmask.js').GeoInfo} GeoInfo
 * @typedef {import('../../pkg/groundmask.js').Metrics} Metrics
 * @typedef {import('../../pkg/groundmask.js').SavedRun} SavedRun
 * @typedef {import('../../pkg/groundmask.js').LabelPlace} LabelPlace
 * @typedef {import('../../pkg/groundmask.js').LabelPixels} LabelPixels
 * @typedef {import('../../pkg/groundmask.js').ViewPrediction} ViewPrediction
 * @typedef {import('../../pkg/groundmask.js').LabelFile} LabelFile
 */

/**
 * A file of a drop: its path with `/` separators and the unread File; `fault` if the browser would not open it.
 * @typedef {{ path: string, file: File, fault?: string, first?: number }} Entry `first`: of a zip only so many files
 */

/**
 * A run kept in this browser: the settings that differ from its preset (null: not known), until when it can be had back once it was discarded (Unix time, ms), whether its images are kept too.
 * @typedef {{ id: string, name: string, differs: [string, string][] | null, discarded_until: number | null, saved: SavedRun, data: boolean }} KeptRun
 */

/**
 * Page -> worker, about saved runs: `keep_every` sets the time between saves, `keep_now` asks for one, `keep_data` gives
 * the files of the run to be kept beside it, `give_data` asks for them back, `claim` lets the run under way (or `blob`, the state of one that has ended) take the place of whatever is saved.
 * `resume` with `view` shows a run without going on with it (`stop`: it would), `forget_run` keeps it for a day, `remove_run` does not; `keep_shown` has masks and scores of the run in the engine kept with it.
 * @typedef {{ kind: 'keep_every', ms: number }
 *   | { kind: 'keep_now' }
 *   | { kind: 'keep_data', fingerprint: string, entries: Entry[] }
 *   | { kind: 'give_data', fingerprint: string }
 *   | { kind: 'resume', blob?: Blob, id?: string, name?: string, batch?: number, number: number, view?: 'stop' | 'end', paused?: boolean }
 *   | { kind: 'inspect_run', file: File }
 *   | { kind: 'take_run', id?: string }
 *   | { kind: 'claim', blob?: Blob, id?: string | null, told: { name: string, differs: [string, string][] | null } }
 *   | { kind: 'hold_data', fingerprint: string | null }
 *   | { kind: 'forget_run' | 'restore_run' | 'remove_run' | 'give_shown', id: string }
 *   | { kind: 'name_run', id: string, name: string }
 *   | { kind: 'keep_shown', shown: unknown }} CheckpointMessage
 */

/**
 * Page -> worker. `open_store`: this page has the storage, and its runs are saved there.
 * @typedef {CheckpointMessage
 *   | { kind: 'handled', handled: number }
 *   | { kind: 'start', lock: string, plain?: boolean, threads?: number | null, device?: DeviceChoice }
 *   | { kind: 'open_store' }
 *   | { kind: 'command', command: Command }
 *   | { kind: 'files', entries: Entry[], purpose: Purpose }
 *   | { kind: 'cancel_files' }
 *   | { kind: 'retry' }
 *   | { kind: 'ping', id: number, handled: number }} ToWorker
 */

/**
 * Worker -> page, about saved runs. `kept` comes once the storage was looked through (or cannot be had) and after what was asked of a run in the list, `saved` after each save, `runs` where the list is another.
 * @typedef {{ kind: 'kept', storage: 'disk' | 'none' | 'other_tab', detail: string, saved: SavedRun | null, id: string | null, fault?: Fault, data: boolean, runs: KeptRun[] }
 *   | { kind: 'runs', runs: KeptRun[] }
 *   | { kind: 'list_failed', why: string }
 *   | { kind: 'shown', id: string, shown: any }
 *   | { kind: 'saved', id: string | null, saved: SavedRun, where: 'disk' | 'page', why: string, bytes: number, blob?: Blob }
 *   | { kind: 'save_failed', why: string }
 *   | { kind: 'data_kept', fingerprint: string, why: string | null }
 *   | { kind: 'data_given', entries: Entry[] | null }
 *   | { kind: 'looked', file: File, saved: SavedRun | null, fault: Fault | null }
 *   | { kind: 'resume_failed' }
 *   | { kind: 'run_file', id: string | null, saved: SavedRun, blob: Blob }} CheckpointReport
 */

/**
 * Worker -> page. `awake`: its scripts have run, and it listens. `fatal` is posted by the engine's panic hook itself.
 * @typedef {CheckpointReport
 *   | { kind: 'awake' }
 *   | { kind: 'hello', protocol: number, build: string }
 *   | { kind: 'labels_unkept', why: string }
 *   | { kind: 'loading', loaded: number, total: number | null }
 *   | { kind: 'ready', fused: boolean, binary: string }
 *   | { kind: 'load_failed', reason: LoadReason, detail: string }
 *   | { kind: 'calling', on: boolean }
 *   | { kind: 'events', events: EngineEvent[] }
 *   | { kind: 'early', event: EngineEvent }
 *   | { kind: 'reading', purpose: Purpose, done: number, total: number, path: string }
 *   | { kind: 'read', purpose: Purpose, cancelled: boolean, handed: number, first?: number }
 *   | { kind: 'pong', id: number, queue: number, wasmBytes: number }
 *   | { kind: 'locked' }
 *   | { kind: 'sent', bytes: number }
 *   | { kind?: undefined, type: 'fatal', message: string, memory?: boolean }} FromWorker
 */

/**
 * Why the wasm could not be brought up.
 * @typedef {'network' | 'missing' | 'not_wasm' | 'damaged' | 'script' | 'updated' | 'worker' | 'no_worker' | 'no_wasm' | 'no_simd'} LoadReason
 */

export {};
