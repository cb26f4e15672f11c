// @ts-check
/**
 * The page: wires state, places and engine together. What is shown is in app/*, one file a concern (see app/README.md).
 */
import { initAdvice } from './app/advice-view.js';
import { initBands } from './app/bands.js';
import { initChart } from './app/chart.js';
import { initCurveTable } from './app/curve-table.js';
import { initData } from './app/data-view.js';
import { initDoctor } from './app/doctor.js';
import { initHeldBack } from './app/held-back.js';
import { initMaskColour } from './app/mask-colour.js';
import { forgetRequests, initDownloads } from './app/downloads.js';
import { initFiles } from './app/files.js';
import { initFolders } from './app/folders.js';
import { initHeader, paintTitle } from './app/header.js';
import { initHelp } from './app/help.js';
import { initHooks } from './app/hooks.js';
import { initModelName } from './app/model-name.js';
import { initPairHand } from './app/pair-hand.js';
import { initPatience } from './app/patience.js';
import { initPictures } from './app/pictures.js';
import { initLiveOutlines } from './app/live-outlines.js';
import { initOutlineOptions } from './app/outline-options.js';
import { initPredict } from './app/predict-view.js';
import { initPreview } from './app/preview.js';
import { initRange } from './app/range.js';
import { onEvent } from './app/reduce.js';
import { initKeepView } from './app/keep-view.js';
import { initResume } from './app/resume.js';
import { initRun } from './app/run-view.js';
import { initRuns } from './app/runs.js';
import { initRunsView } from './app/runs-view.js';
import { initStorage, startEngine, whenReady } from './app/session.js';
import { initScores } from './app/scores.js';
import { initSettings } from './app/settings.js';
import { changed } from './app/store.js';
import { initAugment } from './app/augment.js';
import { initSteady } from './app/steady.js';
import { initTiles } from './app/tiles.js';
import { initViewControls } from './app/view-controls.js';
import { initViewer } from './app/viewer.js';
import { watchRequests, watchTasks } from './app/watch.js';

watchTasks();
initHeader();
initHelp();
initFiles();
// Before what paints masks.
initMaskColour();
initData();
initHeldBack();
initDoctor();
initFolders();
initPictures();
initPairHand();
initSettings();
initRun();
initResume();
initKeepView();
initRuns();
initRunsView();
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
initViewControls();
initHooks();
initPatience();
// After whatever else is painted.
initSteady();
// Hidden tabs paint no frames, but their titles are read.
onEvent(paintTitle);
whenReady(forgetRequests);
changed();
startEngine();
initStorage();
watchRequests();
// start.js looks no further.
dispatchEvent(new Event('pageup'));
