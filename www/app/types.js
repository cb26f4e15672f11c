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
 * @typedef {import('../../pkg/groundmask.js').Pair} Pair
 * @typedef {import('../../pkg/groundmask.js').Input} Input
 * @typedef {import('../../pkg/groundmask.js').Note} Note
 * @typedef {import('../../pkg/groundmask.js').Fault} Fault
 * @typedef {import('../../pkg/groundmask.js').FaultCode} FaultCode
 * @typedef {import('../../pkg/groundmask.js').Stage} Stage
 * @typedef {import('../../pkg/groundmask.js').MaskRule} MaskRule
 * @typedef {import('../../pkg/groundmask.js').TrainConfig} TrainConfig
 * @typedef {import('../../pkg/groundmask.js').Preset} Preset
 * @typedef {import('../../pkg/groundmask.js').ConfigReport} ConfigReport
 * @typedef {import('../../pkg/groundmask.js').FieldError} FieldError
 * @typedef {import('../../pkg/groundmask.js').Phase} Phase
 * @typedef {import('../../pkg/groundmask.js').StepReport} StepReport
 * @typedef {import('../../pkg/groundmask.js').ValidationReport} ValidationReport
 * @typedef {import('../../pkg/groundmask.js').PreviewItem} PreviewItem
 * @typedef {import('../../pkg/groundmask.js').RunEnd} RunEnd
 * @typedef {import('../../pkg/groundmask.js').EndReason} EndReason
 * @typedef {import('../../pkg/groundmask.js').ModelInfo} ModelInfo
 * @typedef {import('../../pkg/groundmask.js').PredictionResult} PredictionResult
 * @typedef {import('../../pkg/groundmask.js').Picture} Picture
 * @typedef {import('../../pkg/groundmask.js').ExportKind} ExportKind
 * @typedef {import('../../pkg/groundmask.js').ModelFormat} ModelFormat
 * @typedef {import('../../pkg/groundmask.js').GeoInfo} GeoInfo
 * @typedef {import('../../pkg/groundmask.js').Metrics} Metrics
 */

/**
 * A file of a drop: its path with `/` separators and the unread File; `fault` if the browser would not open it.
 * @typedef {{ path: string, file: File, fault?: string }} Entry
 */

/**
 * Page -> worker.
 * @typedef {{ kind: 'start', lock: string }
 *   | { kind: 'command', command: Command }
 *   | { kind: 'files', entries: Entry[], purpose: Purpose }
 *   | { kind: 'cancel_files' }
 *   | { kind: 'retry' }
 *   | { kind: 'ping', id: number }
 *   | { kind: 'bench_create', cfg: object }
 *   | { kind: 'bench_step' }
 *   | { kind: 'bench_infer' }} ToWorker
 */

/**
 * Worker -> page. `fatal` is posted by the engine's panic hook itself.
 * @typedef {{ kind: 'hello', protocol: number }
 *   | { kind: 'loading', loaded: number, total: number | null }
 *   | { kind: 'ready' }
 *   | { kind: 'load_failed', reason: LoadReason, detail: string }
 *   | { kind: 'calling', on: boolean }
 *   | { kind: 'events', events: EngineEvent[] }
 *   | { kind: 'reading', purpose: Purpose, done: number, total: number, path: string }
 *   | { kind: 'read', purpose: Purpose, cancelled: boolean }
 *   | { kind: 'pong', id: number }
 *   | { kind: 'locked' }
 *   | { kind: 'sent', bytes: number }
 *   | { kind: 'bench', value?: any, error?: string }
 *   | { kind?: undefined, type: 'fatal', message: string }} FromWorker
 */

/**
 * Why the wasm could not be brought up.
 * @typedef {'network' | 'missing' | 'not_wasm' | 'damaged' | 'script' | 'worker'} LoadReason
 */

export {};
