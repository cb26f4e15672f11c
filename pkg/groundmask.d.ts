/* tslint:disable */
/* eslint-disable */
/**
 * A band of a file.
 */
export interface Band {
    /**
     * From 1.
     */
    number: number;
    /**
     * What the file calls it (`B08`, `near infrared`); empty where it says nothing.
     */
    name?: string;
}

/**
 * A class between objects that touch or nearly do.
 */
export interface Boundary {
    /**
     * Pixels that have two objects within half of it belong to the class.
     */
    width_px: number;
    objects: ObjectsBy;
}

/**
 * A colour or number of the masks and the class it stands for.
 */
export interface LegendEntry {
    /**
     * As the masks hold it. Numbers are greys, those above 255 a colour that stands for them.
     */
    rgb: [number, number, number];
    /**
     * The number in the file, where the masks hold numbers.
     */
    code?: number;
    /**
     * As it is drawn; another colour where the masks hold class numbers.
     */
    shown: [number, number, number];
    name: string;
    /**
     * Its pixels are not labelled: they count neither in the loss nor in any metric.
     */
    ignored: boolean;
    /**
     * Share of the opaque pixels of all masks; what the page sends here is not looked at.
     */
    share: number;
}

/**
 * A model file's format.
 */
export type ModelFormat = "safetensors" | "onnx" | "onnx_qgis" | "keras" | "keras_npz";

/**
 * A part of an image that is measured and not trained on, in its pixels.
 */
export interface HeldBackInfo {
    pair: number;
    left: number;
    top: number;
    width: number;
    height: number;
    /**
     * North is known to be up.
     */
    north_up: boolean;
    /**
     * Of the image's pixels, 0 to 1.
     */
    share: number;
}

/**
 * A place that is worth labelling next: a square of an image, or all of the image along a side that is shorter.
 */
export interface LabelPlace {
    /**
     * Path of the image.
     */
    image: string;
    left: number;
    top: number;
    side_px: number;
    /**
     * How unsure the network is there on average, 0 to 1; 0 where there is none to ask.
     */
    score: number;
}

/**
 * A rectangle of a picture in which nothing is mapped, as shares of its width and height, 0 to 1.
 */
export interface UnmappedPart {
    pair: number;
    left: number;
    top: number;
    right: number;
    bottom: number;
}

/**
 * A rectangle of an image and a byte for each of its pixels, row by row.
 */
export interface LabelPixels {
    /**
     * Path of the image.
     */
    image: string;
    left: number;
    top: number;
    width: number;
    height: number;
    values: Uint8Array;
}

/**
 * A remark on a usable pair.
 */
export type Note = { code: "cropped"; width: number; height: number } | { code: "empty_mask" } | { code: "full_mask" } | { code: "one_class" } | { code: "maybe_inverted" } | { code: "mask_equals_image" } | { code: "first_frame_only" } | { code: "exif_rotated" } | { code: "alpha_ignored" } | { code: "alpha_may_be_band" } | { code: "mask_turned" } | { code: "mask_shifted"; hundredths_px: number; millimetres: number | undefined } | { code: "mask_resampled"; hundredths: number } | { code: "mask_covers"; percent: number } | { code: "mask_cut_out" } | { code: "places_not_compared" } | { code: "negative_scale" } | { code: "control_points"; hundredths_px: number } | { code: "aux_unreadable" } | { code: "aux_nodata" } | { code: "duplicate_of"; pair: number };

/**
 * A setting that cannot be used, for the message at its field.
 */
export interface FieldError {
    /**
     * Name of the [`TrainConfig`](super::TrainConfig) field.
     */
    field: string;
    code: FieldErrorCode;
    min: number | undefined;
    max: number | undefined;
    /**
     * The multiple asked for, or another number the sentence needs.
     */
    value: number | undefined;
    /**
     * A name the sentence needs (an unknown validation file, say).
     */
    detail: string | undefined;
}

/**
 * A straight line that logits are mapped by: `scale * logit + offset`.
 */
export interface LogitMap {
    scale: number;
    offset: number;
}

/**
 * A training tile as the network gets it, and as it was cut.
 */
export interface TrainTile {
    pair: number;
    name: string;
    /**
     * Side of the pictures in pixels.
     */
    side_px: number;
    rgba: Uint8Array;
    /**
     * 0 or 255, or class numbers (255 = not labelled).
     */
    mask: Uint8Array;
    /**
     * The same place without augmentation.
     */
    cut_rgba: Uint8Array;
    cut_mask: Uint8Array;
    /**
     * Clockwise, before it is mirrored.
     */
    turned_deg: number;
    /**
     * Left to right.
     */
    mirrored: boolean;
    /**
     * Above 1 what is seen is larger.
     */
    zoom: number;
    moved_px: number;
    /**
     * Change of a middling grey, -1 to 1.
     */
    brighter: number;
    /**
     * Differences of brightness are so many times as large.
     */
    contrast: number;
}

/**
 * A validation that was done, as the curve and saved runs hold it.
 */
export interface ValidationFigures {
    step: number;
    /**
     * `None` if there is no validation set.
     */
    validation: Metrics | undefined;
    /**
     * The same over (at most 8 of) the training images.
     */
    training: Metrics;
    /**
     * These weights were the best so far.
     */
    best: boolean;
    best_step: number;
    elapsed_ms: number;
    /**
     * Pixels with a label that the figures are of, on the images held back (on those trained on where there are none);
     * runs from before labels were painted do not say.
     */
    labelled_px?: number;
    /**
     * Labels are painted, and too few of them are measured to rely on the figures.
     */
    too_few_labels?: boolean;
}

/**
 * A whole run.
 */
export interface RunFigures {
    steps: number;
    epochs: number;
    loss_first: number;
    loss_last: number;
    best_step: number;
    /**
     * Metrics of the best weights.
     */
    validation: Metrics | undefined;
    training: Metrics | undefined;
    ms_per_step: number;
    elapsed_ms: number;
}

/**
 * All images to predict as one map.
 */
export interface MosaicInfo {
    /**
     * Pixels.
     */
    width: number;
    height: number;
}

/**
 * All settings of a run. Numbers arrive as the page typed them: any may be anything until it is checked.
 */
export interface TrainConfig {
    preset: Preset;
    architecture: Architecture;
    /**
     * Filters of the first level.
     */
    base: number;
    /**
     * Number of poolings (`unet_small` is always 2).
     */
    depth: number;
    head?: Head;
    channels: Channels;
    /**
     * Bands of the files that the network sees, by number from 1, in this order; empty: as `channels` says. Runs saved
     * before it have none.
     */
    bands?: number[];
    /**
     * Side of a square training tile in pixels, a multiple of `2^depth`.
     */
    tile_px: number;
    sampling: Sampling;
    /**
     * Tiles per step.
     */
    batch: number;
    epochs: number;
    /**
     * Steps of one epoch; 0 = as many as one pass over the training pixels takes.
     */
    steps_per_epoch: number;
    /**
     * Total steps; 0 = `epochs * steps_per_epoch`.
     */
    steps: number;
    lr: number;
    loss: Loss;
    /**
     * Share of each label that is spread over all classes in the cross-entropy. Runs saved before it have none.
     */
    label_smoothing?: number;
    foreground_weight: ForegroundWeight;
    augmentation: Augmentation;
    /**
     * The largest turn either way, degrees. This field and those to `poses` count where `augmentation` is `own`; runs
     * saved by versions that had none of them read as 0.
     */
    turn_deg?: number;
    /**
     * Largest shift along an axis, of the tile's side.
     */
    shift_share?: number;
    /**
     * Largest lean of upright lines either way, degrees.
     */
    shear_deg?: number;
    /**
     * 0.25: from 1 / 1.25 to 1.25 times the size.
     */
    zoom_share?: number;
    /**
     * Most that values of 0 to 1 rise or fall.
     */
    brightness?: number;
    /**
     * Share by which differences from mid-grey grow or shrink.
     */
    contrast?: number;
    poses?: Poses;
    dropout: number;
    /**
     * Share of pairs held back for validation. Ignored if `val_names` is not empty.
     */
    val_share: number;
    val_by: ValBy;
    /**
     * Image file names (with or without folder) that make up the validation set.
     */
    val_names: string[];
    /**
     * Validate every so many steps; 0 = chosen from the run's length.
     */
    validate_every: number;
    keep_best: BestBy;
    /**
     * Validations without improvement after which the run stops; 0 = never.
     */
    patience: number;
    schedule: Schedule;
    /**
     * Steps over which the rate climbs from 0.
     */
    warmup_steps: number;
    /**
     * Largest norm of all gradients together; 0 = any.
     */
    clip_norm: number;
    /**
     * Weight of a pixel by its class, background first; empty = as `foreground_weight` says.
     */
    class_weights: number[];
    /**
     * Width of the class between objects that touch, pixels; 0: there is none.
     */
    boundary_px?: number;
    /**
     * What an object is, where `boundary_px` is not 0.
     */
    objects_by?: ObjectsBy;
    norm_statistics: NormStatistics;
    /**
     * Of a network of one class, where images are held back.
     */
    calibration?: Calibration;
    /**
     * Seed of split, initial weights, crops, augmentation and dropout.
     */
    seed: number;
    /**
     * What the foreground is ("building"), for files and their names; empty: as the data suggest
     * (`Dataset::suggested_class` of the protocol). Runs saved before it have none.
     */
    class_name?: string;
}

/**
 * An image to predict.
 */
export interface Input {
    index: number;
    name: string;
    path: string;
    width: number;
    height: number;
    thumb_width: number;
    thumb_height: number;
    thumb_rgba: Uint8Array;
    /**
     * Where it lies on the ground.
     */
    geo: GeoInfo | undefined;
}

/**
 * An image without a mask, or a mask without an image.
 */
export interface Unpaired {
    path: string;
    /**
     * By its name, or because it has few colours.
     */
    is_mask: boolean;
    width: number;
    height: number;
    /**
     * It says where it lies on the ground.
     */
    placed: boolean;
    /**
     * As in [`super::Pair::image_id`].
     */
    image_id?: string;
    /**
     * 0 where there are too many files to show all.
     */
    thumb_width: number;
    thumb_height: number;
    /**
     * RGBA.
     */
    thumb_rgba: Uint8Array;
}

/**
 * An image, or a crop of one, beside its truth and what the network says.
 */
export interface PreviewItem {
    pair: number;
    name: string;
    /**
     * From the validation set (else from the training set).
     */
    validation: boolean;
    /**
     * Column and row of the image that the crop begins with, where it is one; `None` = all of the image.
     */
    corner?: [number, number] | undefined;
    width: number;
    height: number;
    iou: number | undefined;
    /**
     * As in [`Metrics`].
     */
    threshold: number | undefined;
    rgba: Uint8Array;
    /**
     * 0 or 255, or class numbers (255 = not labelled) where the run has classes.
     */
    truth: Uint8Array;
    /**
     * Probability, 0 to 255, or class numbers.
     */
    probability: Uint8Array;
}

/**
 * Channels the model sees.
 */
export type Channels = "rgb" | "grey";

/**
 * Files of a drop that are neither images nor outlines, and no fault: READMEs, lists of classes, scripts.
 */
export interface PassedOver {
    files: number;
    /**
     * Their endings (".txt") or names, most frequent first, at most 6.
     */
    kinds: string[];
}

/**
 * How a mask pixel becomes foreground (1) or background (0), or one of several classes.
 */
export type MaskRule = { kind: "threshold"; at: number; invert: boolean } | { kind: "not_black"; invert: boolean } | { kind: "colour"; rgb: [number, number, number]; invert: boolean; code?: number } | { kind: "classes"; legend: LegendEntry[]; rest?: MaskRule; boundary?: Boundary };

/**
 * How a run ended.
 */
export interface RunEnd extends RunFigures {
    run_id: number;
    reason: EndReason;
    /**
     * What would help, where the run ended ill.
     */
    retry: Retry | undefined;
}

/**
 * How far a tile's pose and light may be off, either way; each sample draws evenly from all of it.
 */
export interface AugmentRanges {
    turn_deg: number;
    /**
     * Of the tile's side, along each axis.
     */
    shift_share: number;
    shear_deg: number;
    /**
     * 0.25: from 1 / 1.25 to 1.25 times the size, the same along both axes.
     */
    zoom_share: number;
    /**
     * Added to values of 0 to 1.
     */
    brightness: number;
    /**
     * Differences from mid-grey grow or shrink by this share.
     */
    contrast: number;
    poses: Poses;
}

/**
 * How fast the running statistics of batch normalisation follow the batches.
 */
export type NormStatistics = "adaptive" | "keras";

/**
 * How much of an image is labelled after a patch.
 */
export interface LabelsTold {
    /**
     * Path of the image.
     */
    image: string;
    /**
     * Of all its pixels, 0 to 1.
     */
    labelled_share: number;
    /**
     * As in [`super::Pair::foreground_share`].
     */
    foreground_share: number;
    /**
     * Patches that were taken in for the whole data set: the run's next step sees them.
     */
    painted_version: number;
}

/**
 * How much rare pixels count.
 */
export type ForegroundWeight = "several" | "auto" | "off";

/**
 * How one image came out.
 */
export interface ImageScore {
    pair: number;
    validation: boolean;
    iou: number | undefined;
    accuracy: number | undefined;
}

/**
 * How outlines are drawn.
 */
export interface Outlines {
    /**
     * Smaller areas are left out; holes stay.
     */
    smallest: number;
    unit: AreaUnit;
    /**
     * Corners may move by this many pixels when lines are simplified; 0 keeps the pixels' edges.
     */
    simplify_px: number;
    /**
     * Right angles where outlines nearly have them, as buildings do.
     */
    right_angles?: boolean;
    /**
     * Objects that touch become outlines of their own: along the class between them, or at their necks.
     */
    separate?: boolean;
}

/**
 * How pairs are divided into training and validation, where no names are given.
 */
export type ValBy = "share" | "place";

/**
 * How the learning rate goes over a run.
 */
export type Schedule = "one_cycle" | "cosine" | "constant" | "plateau";

/**
 * How training goes.
 */
export interface StepFigures {
    /**
     * Steps done, from 1.
     */
    step: number;
    steps_total: number;
    epoch: number;
    /**
     * Mean training loss since the last report.
     */
    loss: number;
    /**
     * Pixel accuracy of the training batch at 0.5.
     */
    accuracy: number;
    images_per_s: number;
    /**
     * Median of the recent steps.
     */
    ms_per_step: number;
    elapsed_ms: number;
    /**
     * Time left with the validations to come; `None` until five steps were measured.
     */
    left_ms: number | undefined;
}

/**
 * How training tiles are cut from images.
 */
export type Sampling = "crop" | "resize" | "seed";

/**
 * Images of purpose `predict` that lie on one grid of pixels.
 */
export interface Mosaic {
    /**
     * Pixels, at most 16,777,216.
     */
    width: number;
    height: number;
    /**
     * Those that the tiles of the wanted image see, itself among them; where they lie over each other, the last that has
     * data counts.
     */
    parts: MosaicPart[];
}

/**
 * Metrics over whole images. A metric that is not defined (no such pixels) is `None`.
 */
export interface Metrics {
    /**
     * Mean cross-entropy a labelled pixel.
     */
    loss: number;
    accuracy: number | undefined;
    /**
     * Of the foreground; of several classes the mean over those that occur.
     */
    iou: number | undefined;
    f1: number | undefined;
    /**
     * By class; background and foreground where there are no others.
     */
    class_iou: (number | undefined)[];
    /**
     * Probability from which on a pixel counts as foreground in all but the loss; `None` where there are several classes,
     * and in runs saved before it was chosen, where it is 0.5.
     */
    threshold: number | undefined;
}

/**
 * One change that fixes a finding.
 */
export type Fix = { kind: "exclude"; pairs: number[] } | { kind: "rule"; rule: MaskRule } | { kind: "settings"; settings: [string, string][] } | { kind: "shift"; shifts: OutlineShift[] } | { kind: "leave_out"; parts: UnmappedPart[]; on: boolean };

/**
 * One image of a mosaic.
 */
export interface MosaicPart {
    /**
     * Of the image.
     */
    path: string;
    /**
     * Where its first pixel lies in the mosaic.
     */
    left: number;
    top: number;
}

/**
 * One request to the engine. Commands are handled one at a time, in order.
 */
export type Command = { type: "init"; device: DeviceChoice; calibration?: string | undefined } | { type: "add_file"; path: string; bytes: Uint8Array; purpose: Purpose } | { type: "file_unreadable"; path: string; detail: string } | { type: "set_bands"; bands: number[]; network?: boolean } | { type: "set_range"; range: RangeChoice } | { type: "files_done"; purpose: Purpose } | { type: "sample_scenes"; seed: number } | { type: "set_mask_rule"; rule: MaskRule } | { type: "set_excluded"; pairs: number[]; excluded: boolean } | { type: "shift_outlines"; shifts: OutlineShift[] } | { type: "leave_out_unmapped"; parts: UnmappedPart[]; on: boolean } | { type: "set_folder_roles"; images: string; masks: string } | { type: "pair_by_hand"; pairs: [string, string][] } | { type: "clear"; purpose: Purpose } | { type: "preset_config"; preset: Preset } | { type: "check_config"; config: TrainConfig } | { type: "show_tiles"; config: TrainConfig; row: number } | { type: "start"; config: TrainConfig } | { type: "start_from_model"; config: TrainConfig } | { type: "pause" } | { type: "resume" } | { type: "stop" } | { type: "predict"; validation: boolean; threshold: number; averaged?: boolean; match_resolution?: boolean; adapted?: boolean } | { type: "predict_part"; mosaic: Mosaic; image: string; threshold: number; averaged?: boolean } | { type: "predict_mosaic"; validation: boolean; threshold: number; averaged?: boolean; adapted?: boolean } | { type: "cancel_predict" } | { type: "export"; result: number; kind: ExportKind; threshold: number; outlines?: Outlines } | { type: "export_outlines"; threshold: number; outlines?: Outlines } | { type: "draw_outlines"; result: number; threshold: number; outlines?: Outlines } | { type: "export_table"; threshold: number } | { type: "export_model"; format: ModelFormat; threshold: number; name?: string | undefined } | { type: "save_model" } | { type: "load_model"; name: string; bytes: Uint8Array } | { type: "picture"; of: PictureOf; index: number; max_px: number } | { type: "set_label_classes"; classes: ClassInfo[] } | { type: "paint_labels"; image: string; left: number; top: number; width: number; height: number; values: Uint8Array; corrected?: boolean } | { type: "read_labels"; image: string; left: number; top: number; width: number; height: number } | { type: "predict_view"; image: string; left: number; top: number; width: number; height: number } | { type: "suggest_labels"; count: number } | { type: "export_labels"; kind: LabelFile; image?: string | undefined };

/**
 * Precision and recall of the pixels at or above a threshold; `None` where there are none to divide by.
 */
export interface CurvePoint {
    threshold: number;
    precision: number | undefined;
    recall: number | undefined;
}

/**
 * Settings that go together.
 */
export type Preset = "fast" | "balanced" | "seed";

/**
 * Settings to try instead, and what was changed in them.
 */
export interface Retry {
    advice: Advice;
    config: TrainConfig;
}

/**
 * Something the page should show. Events of a run carry its id; the page drops those of another.
 */
export type Event = ({ type: "device" } & DeviceInfo) | { type: "reading"; purpose: Purpose; done: number; path: string } | ({ type: "dataset" } & Dataset) | { type: "findings"; findings: Finding[] } | { type: "inputs"; inputs: Input[]; mosaic?: MosaicInfo | undefined } | { type: "bands"; most: number; shown: number[]; common?: number; names?: string[] } | ({ type: "config" } & ConfigReport) | { type: "tiles"; row: number; tiles: TrainTile[] } | { type: "run_started"; run_id: number; config: TrainConfig; train: number[]; validation: number[]; steps_total: number; steps_per_epoch: number; parameters: number; classes: ClassInfo[]; continued: boolean } | { type: "run_resumed"; run_id: number; step: number; losses: [number, number][]; validations: ValidationReport[]; elapsed_ms: number } | { type: "phase"; run_id: number; phase: Phase } | ({ type: "step" } & StepReport) | ({ type: "validation" } & ValidationReport) | { type: "preview"; run_id: number; step: number; items: PreviewItem[] } | { type: "mended"; run_id: number; step: number; tries: number; seed: number } | ({ type: "run_ended" } & RunEnd) | { type: "model"; model: ModelInfo | undefined } | { type: "predict_progress"; done: number; total: number; elapsed_ms: number; tiles_done: number; tiles_total: number } | ({ type: "result" } & PredictionResult) | { type: "predict_done"; total: number; cancelled: boolean } | { type: "file"; name: string; mime: string; bytes: Uint8Array; parts: number; result: number | undefined } | { type: "file_part"; bytes: Uint8Array } | ({ type: "picture" } & Picture) | ({ type: "outlines" } & DrawnOutlines) | ({ type: "labels" } & LabelsTold) | ({ type: "label_pixels" } & LabelPixels) | ({ type: "view_prediction" } & ViewPrediction) | { type: "suggestions"; places: LabelPlace[] } | { type: "run_classes"; run_id: number; classes: ClassInfo[] } | ({ type: "fault" } & Fault) | { type: "fatal"; message: string };

/**
 * Something wrong with the data set, what shows it and what fixes it.
 */
export interface Finding {
    code: FindingCode;
    /**
     * The pairs that show it; the first is the picture.
     */
    pairs: number[];
    /**
     * A share, or a number of pairs.
     */
    value: number | undefined;
    /**
     * Sizes or a name that the sentence needs.
     */
    detail: string | undefined;
    mend: Fix;
}

/**
 * The data set as the page shows it.
 */
export interface Dataset {
    source: DataSource;
    pairs: Pair[];
    rule: MaskRule;
    /**
     * The rule the data suggested; equals `rule` unless the user changed it.
     */
    suggested_rule: MaskRule;
    /**
     * Colours found in the masks, most frequent first, at most 32.
     */
    colours: ColourShare[];
    /**
     * How numbers of more than 8 bits become brightness; none where no image has them.
     */
    ranges: RangeInfo | undefined;
    /**
     * The numbers in the masks count objects: so many in the mask that has most.
     */
    objects: number | undefined;
    /**
     * What the masks hold as classes, whichever rule is in force.
     */
    detected: LegendEntry[];
    /**
     * Colours in no class, most frequent first, at most 32: too rare for one, or unknown to the legend in force.
     */
    strays: ColourShare[];
    /**
     * The classes in force by number; empty where masks are foreground and background.
     */
    classes: ClassInfo[];
    /**
     * The classes that can be painted by number, the first of them background.
     */
    label_classes?: ClassInfo[];
    /**
     * As in [`super::LabelsTold::painted_version`].
     */
    painted_version?: number;
    /**
     * What the foreground seems to be ("building"), by the names of mask files and folders; empty where they say nothing.
     */
    suggested_class?: string;
    /**
     * What is wrong with the set as a whole, the most harmful first.
     */
    findings: Finding[];
    /**
     * Share of foreground pixels over all usable pairs, 0 to 1; of several classes the share that is labelled.
     */
    foreground_share: number;
    /**
     * Files that became part of no pair, each with its cause.
     */
    faults: Fault[];
    /**
     * Folders with the same names, of which nobody knows what they hold.
     */
    question: FolderQuestion | undefined;
    /**
     * Images and masks that are in no pair and could be in one, in natural order of their paths.
     */
    unpaired: Unpaired[];
    /**
     * Pairs that the user made: paths of image and mask. Both files need not be here.
     */
    by_hand: [string, string][];
    /**
     * Files of outlines that are in the masks.
     */
    vectors: VectorInfo[];
    /**
     * Files that need no word.
     */
    passed_over: PassedOver;
    /**
     * Bytes held for decoded images.
     */
    memory_bytes: number;
    /**
     * Tells data sets apart: the same for the same pixels in the same pairs, whatever the rule and the folders' names.
     */
    fingerprint: string;
    /**
     * The same as versions made it that stretched images of more than 8 bits one by one; none where it is no other.
     */
    fingerprint_before: string | undefined;
}

/**
 * The data set of a saved run.
 */
export interface SavedData {
    /**
     * As in [`Dataset::fingerprint`](super::Dataset::fingerprint).
     */
    fingerprint: string;
    pairs: number;
    /**
     * The first pairs' names, for people.
     */
    names: string[];
    source: DataSource;
    /**
     * Of the sample scenes.
     */
    sample_seed: number | undefined;
    /**
     * Bands that were chosen, by number from 1; none for the usual ones.
     */
    bands?: number[];
    /**
     * How its images of more than 8 bits were seen: as chosen, and as it came out. Runs from before there was a choice
     * have none.
     */
    ranges?: [RangeChoice, RangeChoice];
    /**
     * What the user said of folders.
     */
    folders?: FolderRoles[];
    /**
     * Pairs that the user made: paths of image and mask.
     */
    by_hand?: [string, string][];
}

/**
 * The device that computes.
 */
export type DeviceKind = "webgpu" | "cpu";

/**
 * The outlines of one result at a threshold: those that its GeoJSON file would hold.
 */
export interface DrawnOutlines {
    result: number;
    threshold: number;
    count: number;
    area_px: number;
    /**
     * On the ellipsoid, where the image's place is known.
     */
    area_m2: number | undefined;
    /**
     * Columns and rows of the corners in pixels of the image, as little-endian 32-bit floats, x before y; each ring ends
     * with a pair of NaN and is not closed.
     */
    corners: Uint8Array;
    /**
     * Of so many of them, from the top; the rest is too much to draw.
     */
    drawn: number;
    /**
     * Made of every so many pixels of a large scene, 1 for all: where not, the figures are about right.
     */
    every_px: number;
}

/**
 * The ranges of a data set.
 */
export interface RangeInfo {
    choice: RangeChoice;
    /**
     * As it came out: never [`RangeChoice::Together`].
     */
    used: RangeChoice;
    /**
     * Images of more than 8 bits.
     */
    images: number;
}

/**
 * The three networks of the classic pipeline's `model.py`.
 */
export type Architecture = "unet_norm" | "unet" | "unet_small";

/**
 * What a dropped file is for.
 */
export type Purpose = "train" | "predict";

/**
 * What a network thinks of a rectangle of an image.
 */
export interface ViewPrediction {
    /**
     * Path of the image.
     */
    image: string;
    left: number;
    top: number;
    width: number;
    height: number;
    /**
     * Probability of the foreground, 0 to 255, or class numbers; row by row.
     */
    values: Uint8Array;
    /**
     * Steps that the weights have been trained for.
     */
    step: number;
}

/**
 * What a run is at.
 */
export type Phase = "compiling" | "training" | "validating" | "paused";

/**
 * What a saved run says of itself.
 */
export interface SavedRun {
    /**
     * Steps done.
     */
    step: number;
    steps_total: number;
    /**
     * Why the run had ended; none: it was under way.
     */
    ended: EndReason | undefined;
    /**
     * Unix time in milliseconds.
     */
    saved_at_ms: number;
    /**
     * Counts the saves; of two slots the higher one is the newer.
     */
    number: number;
    config: TrainConfig;
    data: SavedData;
    best_step: number | undefined;
    /**
     * Of the best weights so far, on the validation set (else on the training images).
     */
    best_iou: number | undefined;
    /**
     * The threshold it was taken at; `None` for several classes and runs from before it was chosen.
     */
    best_threshold: number | undefined;
    /**
     * Mean of the last losses.
     */
    loss: number | undefined;
    elapsed_ms: number;
    device: DeviceKind;
    adapter: string;
    /**
     * Version of Groundmask that wrote it.
     */
    version: string;
    /**
     * Length of the file.
     */
    bytes: number;
}

/**
 * What a training tile may go through.
 */
export type Augmentation = "off" | "flips" | "seed" | "strong" | "own";

/**
 * What an image was seen at.
 */
export interface GroundResolution {
    /**
     * Of the image, metres a pixel.
     */
    image_m: number;
    /**
     * Of what the model was trained on, metres a pixel.
     */
    model_m: number;
    /**
     * The image was resampled to the model's resolution, and the result back.
     */
    resampled: boolean;
}

/**
 * What became of the outlines of a file. They add up to `outlines`.
 */
export interface VectorInfo {
    file: string;
    outlines: number;
    /**
     * Drawn on one image or more.
     */
    drawn: number;
    /**
     * On an image, but over the middle of no pixel.
     */
    too_small: number;
    /**
     * On no image that the file is for.
     */
    outside: number;
    /**
     * Images that some of them are drawn on, and the path of the first.
     */
    images: number;
    first_image: string | undefined;
    /**
     * Images within its extent, or of its name, that none of them is drawn on: their masks are background.
     */
    background: number;
}

/**
 * What came of saving or describing a run.
 */
export interface SaveOutcome {
    /**
     * News that came up on the way.
     */
    events: Event[];
    saved: SavedRun | undefined;
    fault: Fault | undefined;
}

/**
 * What folders hold. Each is one or more names, `/` between them, anywhere in a path; `*.png` at the end takes the files
 * of that ending alone, directly in the folder.
 */
export interface FolderRoles {
    images: string;
    masks: string;
}

/**
 * What is done so that a probability says how often it is right.
 */
export type Calibration = "logistic" | "off";

/**
 * What labels are written as.
 */
export type LabelFile = "mask_png" | "class_tif" | "geojson" | "zip";

/**
 * What lies between the last block of the decoder and the output.
 */
export type Head = "direct" | "two_channels";

/**
 * What of a mask is one object.
 */
export type ObjectsBy = "outlines" | "values";

/**
 * What people want to know of a model beside its network. What is not known is empty.
 */
export interface ModelAbout {
    /**
     * What it is called, and its file without ending: `buildings-camp_ortho-iou90-2026-11-29`.
     */
    name?: string;
    /**
     * What the foreground is ("building").
     */
    class_name?: string;
    /**
     * The image or the folder it was trained on.
     */
    scene?: string;
    /**
     * Longitude and latitude of the middle of a placed image it was trained on, degrees.
     */
    middle?: [number, number] | undefined;
    /**
     * Day its training ended, `2026-11-29`.
     */
    date?: string;
    /**
     * Pairs it was trained on, and those that were held back.
     */
    train_pairs?: number;
    validation_pairs?: number;
    /**
     * IoU of the weights, over the pairs held back; over (some of) those trained on where none were.
     */
    iou?: number | undefined;
    /**
     * Half of what the smallest objects it was trained on measure, pixels of its training images: outlines of less are
     * hardly one of them.
     */
    least_object_px?: number | undefined;
    /**
     * A part of the only image was held back, which is counted on both sides.
     */
    held_back_part?: boolean;
}

/**
 * What the network tells apart.
 */
export interface ClassInfo {
    name: string;
    rgb: [number, number, number];
}

/**
 * What the user asked for.
 */
export type DeviceChoice = "auto" | "webgpu" | "cpu";

/**
 * What training makes small.
 */
export type Loss = "bce_dice" | "bce";

/**
 * What went wrong, where, with which file. Never a sentence.
 */
export interface Fault {
    code: FaultCode;
    stage: Stage;
    /**
     * Path of the file as dropped.
     */
    file: string | undefined;
    /**
     * Numbers or names the sentence needs, or the library's own words as a last resort.
     */
    detail: string | undefined;
}

/**
 * Where a mask is to lie.
 */
export interface OutlineShift {
    pair: number;
    /**
     * To the right of where it came, pixels of the image.
     */
    dx_px: number;
    /**
     * Down.
     */
    dy_px: number;
}

/**
 * Where a model's probabilities are cut, and what was measured there, to six places.
 */
export interface OperatingPoint {
    /**
     * The threshold with the largest IoU over the images it was chosen on.
     */
    threshold: number;
    /**
     * Of the foreground, at the threshold.
     */
    iou: number | undefined;
    f1: number | undefined;
    /**
     * Chosen on images that were held back; on those trained on where there were none.
     */
    held_out: boolean;
    /**
     * Precision and recall of the same images, thresholds ascending.
     */
    curve: CurvePoint[];
    /**
     * What the last layer's logits were mapped by, so that probabilities are shares; it is in the weights already. `None`:
     * they are as they were trained.
     */
    calibration?: LogitMap;
}

/**
 * Where an image lies on the ground.
 */
export interface GeoInfo {
    /**
     * EPSG code of the reference system, if the file names one.
     */
    epsg: number | undefined;
    /**
     * Its name; `None` if the code is not known here, and then neither longitudes nor areas can be given.
     */
    crs: string | undefined;
    /**
     * Sides of a pixel in the middle of the image, metres.
     */
    pixel_m: [number, number] | undefined;
    /**
     * Width and height of the image on the ground, metres.
     */
    ground_m: [number, number] | undefined;
    /**
     * Longitude and latitude of its middle, degrees.
     */
    middle: [number, number] | undefined;
    rotated: boolean;
    /**
     * Name that the file gives a reference system whose code is not known.
     */
    unknown_crs: string | undefined;
    /**
     * Its vertical pixel scale is negative, which is read as GDAL and QGIS do: the sign dropped.
     */
    negative_scale: boolean;
}

/**
 * Whether a result's image has a place on the ground.
 */
export type ResultPlace = "none" | "unknown" | "known";

/**
 * Which folder holds images, which masks?
 */
export interface FolderQuestion {
    /**
     * The answers; one is right.
     */
    options: FolderRoles[];
    /**
     * The answer that the pictures suggest.
     */
    suggested: number | undefined;
    /**
     * Files that wait for it.
     */
    files: number;
}

/**
 * Which numbers are black and which are white in images of more than 8 bits.
 */
export type RangeChoice = { kind: "together" } | { kind: "fixed"; bands: [number, number][] } | { kind: "each_alone" } | { kind: "as_before" };

/**
 * Which of the eight poses of a square a tile may take.
 */
export type Poses = "one" | "mirrored" | "eight";

/**
 * Which weights a run ends with.
 */
export type BestBy = "validation_iou" | "training_loss";

/**
 * Why a run ended.
 */
export type EndReason = "finished" | "stopped" | "early_stopped" | "not_finite" | "diverged" | "dead_output" | "constant" | "device_failed";

/**
 * Why the CPU was taken.
 */
export type DeviceReason = "no_webgpu" | "no_adapter" | "software_adapter" | "missing_timestamp_query" | "self_test_failed" | "insecure_context" | "asked_for_cpu";

/**
 * [`StepFigures`] of a run.
 */
export interface StepReport extends StepFigures {
    run_id: number;
}

/**
 * [`ValidationFigures`] of a run, and what is told of the newest validation alone.
 */
export interface ValidationReport extends ValidationFigures {
    run_id: number;
    /**
     * Every image that was looked at.
     */
    images: ImageScore[];
    /**
     * Precision and recall by threshold, of the held-back images (of the training ones where there are none); empty for
     * several classes.
     */
    curve: CurvePoint[];
}

export interface ColourShare {
    rgb: [number, number, number];
    /**
     * The number in the file, where the masks hold numbers.
     */
    code?: number;
    share: number;
}

export interface ConfigReport {
    config: TrainConfig;
    /**
     * Empty = it can start.
     */
    errors: FieldError[];
    parameters: number;
    /**
     * Estimated bytes for weights, optimizer state and activations.
     */
    memory_bytes: number;
    /**
     * Multiply-adds of one training step (forward and backward).
     */
    step_macs: number;
    steps_total: number;
    /**
     * Validations of the whole run, that of its end included.
     */
    validations?: number;
    /**
     * Multiply-adds of one validation (forward alone).
     */
    validation_macs?: number;
    /**
     * Multiply-adds of a whole run of the classic preset on these data, for comparison; 0 where it cannot run.
     */
    classic_macs?: number;
    train_pairs: number;
    validation_pairs: number;
    /**
     * Places the pairs were divided by, 0 if they were not.
     */
    places: number;
    /**
     * The part of the only image that is held back; that image then counts on both sides.
     */
    held_back?: HeldBackInfo | undefined;
    /**
     * What the chosen augmentation draws from.
     */
    augment: AugmentRanges;
}

export interface DeviceInfo {
    kind: DeviceKind;
    /**
     * What the adapter calls itself; "SIMD, 2 threads" for the CPU.
     */
    adapter: string;
    software: boolean;
    /**
     * Why this device and not another; `None` when the first choice was taken.
     */
    reason: DeviceReason | undefined;
    /**
     * Largest relative difference of the self-test's convolution against the known values.
     */
    self_test_error: number;
    self_test_ms: number;
    /**
     * The family of kernels in use on WebGPU; the CPU has one.
     */
    kernels: string | undefined;
    /**
     * Milliseconds of a test convolution by the families measured just now; empty if the choice was remembered.
     */
    calibration_ms: Map<string, number>;
    /**
     * To be kept by the page and given to the next [`super::Command::Init`].
     */
    calibration: string | undefined;
    /**
     * Limits worth showing, name -> value.
     */
    limits: Map<string, number>;
    protocol: number;
    version: string;
}

export interface ModelInfo {
    architecture: Architecture;
    base: number;
    depth: number;
    head: Head;
    channels: Channels;
    /**
     * Bands of its images that it sees, in this order; empty: as `channels` says.
     */
    bands: Band[];
    sampling: Sampling;
    tile_px: number;
    parameters: number;
    /**
     * Steps its weights were trained for: those of the best validation, not of the whole run.
     */
    steps: number;
    name: string;
    /**
     * Empty for foreground and background.
     */
    classes: ClassInfo[];
    /**
     * Ground resolution of what it was trained on, metres a pixel, where that is known.
     */
    pixel_m: number | undefined;
    /**
     * How it sees numbers of more than 8 bits.
     */
    ranges: RangeChoice;
    /**
     * The same in metres of the map, as an ONNX file for QGIS says it; `None` where the map is in degrees or feet.
     */
    map_pixel_m: number | undefined;
    /**
     * `None` for several classes and where nothing chose one: then it is 0.5.
     */
    operating_point: OperatingPoint | undefined;
    /**
     * What it is of.
     */
    about?: ModelAbout;
}

export interface Pair {
    /**
     * Position in [`Dataset::pairs`]; stable until the next `Dataset` event.
     */
    index: number;
    /**
     * Common stem, for people.
     */
    name: string;
    image_path: string;
    mask_path: string;
    width: number;
    height: number;
    bands: number;
    bits: number;
    foreground_share: number;
    /**
     * Left out by the user.
     */
    excluded: boolean;
    /**
     * Cannot be used; the fault says why.
     */
    blocked: Fault | undefined;
    /**
     * Usable, but worth a look.
     */
    notes: Note[];
    /**
     * The mask was laid so many pixels to the right and down of where it came.
     */
    moved_px: [number, number];
    /**
     * Parts left out as nothing is mapped there.
     */
    left_out: UnmappedPart[];
    /**
     * Its labels were painted here, all of them or some.
     */
    painted?: boolean;
    /**
     * Share of its pixels that have a label, 0 to 1.
     */
    labelled_share?: number;
    /**
     * By which the image is known whatever its path: 16 hexadecimal digits of its pixels.
     */
    image_id?: string;
    /**
     * Ground resolution, metres a pixel, where known.
     */
    pixel_m: number | undefined;
    /**
     * Up is north.
     */
    north_up: boolean;
    thumb_width: number;
    thumb_height: number;
    /**
     * RGBA.
     */
    thumb_rgba: Uint8Array;
    /**
     * 0 or 255 a pixel, or a class number (255 = not labelled); same size as the thumbnail.
     */
    thumb_mask: Uint8Array;
}

export interface Picture {
    of: PictureOf;
    index: number;
    width: number;
    height: number;
    rgba: Uint8Array;
    /**
     * 0 or 255, or class numbers; empty for inputs.
     */
    mask: Uint8Array;
}

export interface PredictionResult {
    /**
     * Number of this result, for `export` and file names.
     */
    result: number;
    name: string;
    /**
     * A validation pair of the data set (with truth), else an input.
     */
    pair: number | undefined;
    input: number | undefined;
    /**
     * Where its outlines would lie.
     */
    place?: ResultPlace;
    width: number;
    height: number;
    /**
     * Where the pair has a mask.
     */
    metrics: Metrics | undefined;
    /**
     * Where both resolutions are known and differ.
     */
    resolution: GroundResolution | undefined;
    /**
     * Picture for the page, at most 1024 px on its longer side; the three below share its size.
     */
    view_width: number;
    view_height: number;
    rgba: Uint8Array;
    /**
     * Probability, 0 to 255, or class numbers.
     */
    probability: Uint8Array;
    /**
     * 0 or 255, or class numbers; empty where there is no truth.
     */
    truth: Uint8Array;
    elapsed_ms: number;
}

export type Advice = "lower_rate" | "batch_norm" | "balance";

export type AreaUnit = "px" | "m2";

export type DataSource = "none" | "files" | "sample_scenes";

export type ExportKind = "mask_png" | "probability_png" | "mask_tif" | "class_tif" | "probability_tif" | "geojson" | "world_file" | "aux_xml" | "areas_csv" | "coco_json";

export type FaultCode = "empty_file" | "unknown_format" | "unsupported_format" | "corrupt" | "too_many_pixels" | "file_too_large" | "out_of_memory" | "unreadable" | "annotations" | "no_mask" | "no_image" | "partner_refused" | "ambiguous" | "other_form" | "which_folder" | "object_masks" | "task_names" | "other_place" | "other_grid" | "size_mismatch" | "missing_bands" | "mask_number" | "too_many_classes" | "no_pairs" | "vector_mask" | "vector_part" | "image_parts" | "bad_legend" | "no_such_image" | "outside_image" | "view_too_large" | "not_finite" | "nothing_to_train" | "run_foreign" | "run_newer" | "run_other_version" | "run_truncated" | "run_corrupt" | "run_other_data" | "save_failed" | "no_model" | "no_inputs" | "not_one_map" | "model_corrupt" | "model_mismatch" | "foreign_model" | "cannot_continue" | "no_such_result" | "encode_failed" | "no_webgpu" | "self_test_failed" | "device_error" | "busy" | "not_running" | "bad_command";

export type FieldErrorCode = "not_a_number" | "not_whole" | "out_of_range" | "not_a_multiple" | "unknown_name" | "no_training_pairs" | "does_not_fit" | "needs_binary_masks" | "wrong_count" | "no_places" | "not_in_classic" | "name_taken" | "too_many_bands" | "same_band" | "missing_bands" | "other_bands";

export type FindingCode = "empty_masks" | "full_masks" | "inverted" | "some_inverted" | "mask_is_image" | "copies" | "tiny_foreground" | "rare_class" | "mixed_sizes" | "mixed_bands" | "mixed_depths" | "too_few_pairs" | "few_scenes" | "outlines_shifted" | "outlines_moved" | "part_unmapped" | "part_left_out";

export type PictureOf = "pair" | "input" | "unpaired";

export type Stage = "read" | "decode" | "pair" | "train" | "predict" | "export" | "model" | "device" | "protocol";


/**
 * The engine behind the page. Calls must not overlap: await each before the next.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Takes in the next of them; `false` where none is left.
     */
    add_part(): boolean;
    /**
     * Does about `budget_ms` of whatever is under way; gives its `Event[]`.
     */
    advance(budget_ms: number): Promise<Event[]>;
    /**
     * Whether there is a run to save: one under way, or one that has ended and was not released.
     */
    can_save(): boolean;
    /**
     * Carries out one `Command`; gives its `Event[]`.
     */
    command(command: Command): Promise<Event[]>;
    /**
     * Whether `advance` has something to do.
     */
    is_busy(): boolean;
    /**
     * Whether `advance` has something left to look at in the data set.
     */
    is_examining(): boolean;
    /**
     * What was painted on the image at `path`, to be kept; undefined if nothing was.
     */
    label_layer(path: string): Uint8Array | undefined;
    /**
     * Bytes of wasm memory.
     */
    memory_bytes(): number;
    /**
     * `post` gets the parts of large files while they are made (`file_part`), in the middle of a command: it must not call
     * the engine. Without it files come whole.
     */
    constructor(post?: (event: Event) => void);
    /**
     * Takes in a file that stays where it is, of `length` bytes behind `read(offset, length): Uint8Array`, which may be
     * called for as long as the file is in use. Gives an `Event[]`; nothing if its bytes are wanted whole.
     */
    open_file(path: string, length: number, read: Function, purpose: Purpose): Event[] | undefined;
    /**
     * How many parts are to be taken in of the images to train on that are too large to be held.
     */
    plan_parts(): number;
    /**
     * Forgets the run that has ended.
     */
    release_run(): void;
    /**
     * Takes in what `label_layer` gave of this image; gives its `Event[]`.
     */
    restore_label_layer(path: string, bytes: Uint8Array | number[]): Event[];
    /**
     * Goes on with a saved run; gives its `Event[]`.
     */
    resume_run(name: string | null | undefined, length: number, read: Function, batch?: number | null): Event[];
    /**
     * Writes the run's state through `write(bytes: Uint8Array): number`; `number` counts the saves.
     */
    save_run(number: number, write: Function): Promise<SaveOutcome>;
}

export class Point {
    free(): void;
    [Symbol.dispose](): void;
    constructor(x: number, y: number, z: number);
    x: number;
    y: number;
    z: number;
}

export class Projection {
    free(): void;
    [Symbol.dispose](): void;
    constructor(defn: string);
    readonly axis: string;
    readonly isGeocentric: boolean;
    readonly isLatlon: boolean;
    readonly isNormalizedAxis: boolean;
    readonly projName: string;
    readonly to_meter: number;
    readonly units: string;
}

export function add_nadgrid(key: string, array: Uint8Array): void;

/**
 * Checks a saved run of `length` bytes behind `read(offset, length): Uint8Array`. No method: it may be called while
 * the engine is at work.
 */
export function describe_run(name: string | null | undefined, length: number, read: Function): SaveOutcome;

/**
 * Bytes of the last allocation that failed; 0 if none did. To be asked after a trap.
 */
export function failed_allocation_bytes(): number;

/**
 * Whether a file lies beside the data of a data set by its name: an archive so called (`.docx`) is no archive of images.
 */
export function is_beside(path: string): boolean;

/**
 * Whether a path is one that systems leave behind, or hidden: it is not read at all.
 */
export function is_junk(path: string): boolean;

/**
 * Runs when the module is instantiated: a panicking async export never settles its promise
 * (wasm-bindgen#2724), so the hook itself tells the page that this worker is finished.
 */
export function start(): void;

export function transform(src: Projection, dst: Projection, point: Point): void;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_engine_free: (a: number, b: number) => void;
    readonly __wbg_get_point_x: (a: number) => number;
    readonly __wbg_get_point_y: (a: number) => number;
    readonly __wbg_get_point_z: (a: number) => number;
    readonly __wbg_point_free: (a: number, b: number) => void;
    readonly __wbg_projection_free: (a: number, b: number) => void;
    readonly __wbg_set_point_x: (a: number, b: number) => void;
    readonly __wbg_set_point_y: (a: number, b: number) => void;
    readonly __wbg_set_point_z: (a: number, b: number) => void;
    readonly add_nadgrid: (a: number, b: number, c: any) => [number, number];
    readonly describe_run: (a: number, b: number, c: number, d: any) => any;
    readonly engine_add_part: (a: number) => number;
    readonly engine_advance: (a: number, b: number) => any;
    readonly engine_can_save: (a: number) => number;
    readonly engine_command: (a: number, b: any) => any;
    readonly engine_is_busy: (a: number) => number;
    readonly engine_is_examining: (a: number) => number;
    readonly engine_label_layer: (a: number, b: number, c: number) => [number, number];
    readonly engine_memory_bytes: (a: number) => number;
    readonly engine_new: (a: number) => number;
    readonly engine_open_file: (a: number, b: number, c: number, d: number, e: any, f: any) => any;
    readonly engine_plan_parts: (a: number) => number;
    readonly engine_release_run: (a: number) => void;
    readonly engine_restore_label_layer: (a: number, b: number, c: number, d: number, e: number) => any;
    readonly engine_resume_run: (a: number, b: number, c: number, d: number, e: any, f: number, g: number) => any;
    readonly engine_save_run: (a: number, b: number, c: any) => any;
    readonly failed_allocation_bytes: () => number;
    readonly is_beside: (a: number, b: number) => number;
    readonly is_junk: (a: number, b: number) => number;
    readonly point_new: (a: number, b: number, c: number) => number;
    readonly projection_axis: (a: number) => [number, number];
    readonly projection_isGeocentric: (a: number) => number;
    readonly projection_isLatlon: (a: number) => number;
    readonly projection_isNormalizedAxis: (a: number) => number;
    readonly projection_new: (a: number, b: number) => [number, number, number];
    readonly projection_projName: (a: number) => [number, number];
    readonly projection_to_meter: (a: number) => number;
    readonly projection_units: (a: number) => [number, number];
    readonly start: () => void;
    readonly transform: (a: number, b: number, c: number) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h406a78d26a470301: (a: number, b: number, c: any, d: any) => void;
    readonly wasm_bindgen__convert__closures_____invoke__h77d67050580ce9ce: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h77d67050580ce9ce_42: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h77d67050580ce9ce_43: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__hdf6b664c1dd5eb9d: (a: number, b: number, c: any) => [number, number];
    readonly wasm_bindgen__convert__closures_____invoke__h14ef2b1162c22978: (a: number, b: number, c: any) => void;
    readonly wasm_bindgen__convert__closures_____invoke__h14ef2b1162c22978_41: (a: number, b: number, c: any) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_destroy_closure: (a: number, b: number) => void;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
