// @ts-check
/**
 * The page: wires state, places and engine together. One file a concern, as README.md lists them.
 */
import { initAdvice } from './page/train/advice-view.js';
import { initBands } from './page/data/bands.js';
import { initChart } from './page/train/chart.js';
import { initCurveTable } from './page/train/curve-table.js';
import { initData } from './page/data/data-view.js';
import { initFindings } from './page/data/findings.js';
import { initHeldBack } from './page/data/held-back.js';
import { initMaskColour } from './page/data/mask-colour.js';
import { forgetRequests, initDownloads } from './page/predict/downloads.js';
import { initFiles } from './page/files.js';
import { initFolders } from './page/data/folders.js';
import { initHeader, paintTitle } from './page/header.js';
import { initHelp } from './ui/help.js';
import { initTestApi } from './page/test-api.js';
import { initModelName } from './page/train/model-name.js';
import { initManualPairs } from './page/data/manual-pairs.js';
import { initPatience } from './page/patience.js';
import { initUnpaired } from './page/data/unpaired.js';
import { initLaunch } from './page/launch.js';
import { initOfflineView } from './page/offline-view.js';
import { initLabelEditor } from './page/label/editor.js';
import { initLiveOutlines } from './page/predict/live-outlines.js';
import { initOutlineOptions } from './page/predict/outline-options.js';
import { initPredict } from './page/predict/predict-view.js';
import { initPreview } from './page/train/preview.js';
import { initRange } from './page/data/range.js';
import { onEvent } from './core/reduce.js';
import { initCheckpointView } from './page/runs/checkpoint-view.js';
import { initCompare } from './page/runs/compare.js';
import { initResume } from './page/runs/resume.js';
import { initRun } from './page/train/run-view.js';
import { initRuns } from './page/runs/runs.js';
import { initRunsView } from './page/runs/runs-view.js';
import { initStorage, startEngine, whenReady } from './core/session.js';
import { initScores } from './page/train/scores.js';
import { initSettings } from './page/train/settings.js';
import { changed } from './core/store.js';
import { initAugment } from './page/train/augment.js';
import { initPressGuard } from './page/press-guard.js';
import { initTiles } from './page/train/tiles.js';
import { initViewControls } from './page/viewer/view-controls.js';
import { initViewer } from './page/viewer/viewer.js';
import { watchRequests, watchTasks } from './core/watch.js';

watchTasks();
initHeader();
initHelp();
initFiles();
// Before what paints masks.
initMaskColour();
initData();
initHeldBack();
initFindings();
initFolders();
initUnpaired();
initManualPairs();
initSettings();
initRun();
initResume();
initCheckpointView();
initRuns();
initRunsView();
initCompare();
initChart();
initPreview();
initScores();
initAdvice();
initCurveTable();
initAugment();
initTiles();
initPredict();
initModelName();
initBands();
initRange();
initDownloads();
initOutlineOptions();
initLiveOutlines();
initViewer();
initLabelEditor();
initViewControls();
initTestApi();
initPatience();
initOfflineView();
initLaunch();
// After whatever else is painted.
initPressGuard();
// Hidden tabs paint no frames, but their titles are read.
onEvent(paintTitle);
whenReady(forgetRequests);
changed();
startEngine();
initStorage();
watchRequests();
// start.js looks no further.
dispatchEvent(new Event('pageup'));
