"""Segment a raster with a model of Groundmask: a Processing script for QGIS 3 and 4, which needs onnxruntime and nothing else.

Processing Toolbox, Scripts, Add Script to Toolbox; without a window:
    qgis_process run script:groundmask_segment -- INPUT=ortho.tif MODEL=model.onnx OUTPUT=mask.tif      (Debian: qgis_process.bin)
onnxruntime is no part of QGIS: `python3 -m pip install onnxruntime` with QGIS's own Python.
The model is what the page saves as "ONNX", or `groundmask convert --out model.onnx`. Images are predicted as the page does it, in
overlapping tiles that are blended, row by row, so that large ones need little memory.
"""

import json
import math
import re

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
)
from qgis.PyQt.QtCore import QCoreApplication

TILE_PX = 512
# Neighbouring tiles share at least so many pixels, smaller ones a quarter of a side; those nearest to a tile's edge count nothing.
OVERLAP_PX = 128
MARGIN_SHARE = 40 / 128
NODATA_CLASS = 255
NODATA_PROBABILITY = -1.0


def ramp(distance, overlap):
    margin = math.floor(overlap * MARGIN_SHARE)
    share = np.clip((distance + 0.5 - margin) / (overlap - 2 * margin), 0, 1)
    return 0.5 - 0.5 * np.cos(share * np.pi)


class Axis:
    """Where tiles begin along an axis, and the weight of each of their pixels: at every pixel the weights add up to 1."""

    def __init__(self, length, tile, stride):
        self.length, self.tile, self.starts = length, tile, [0]
        self.overlap = max(min(OVERLAP_PX, tile // 4), 1)
        if length > tile:
            last = -(-(length - tile) // stride)
            steps = -(-(last * stride) // max(tile - self.overlap - stride, stride))
            self.starts = [last * i // steps * stride for i in range(steps + 1)]
        raw = [self.weight(start) for start in self.starts]
        total = np.zeros(length)
        for start, weights in zip(self.starts, raw):
            total[start : start + len(weights)] += weights
        self.weights = [w / np.maximum(total[s : s + len(w)], 1e-30) for s, w in zip(self.starts, raw)]

    def weight(self, start):
        at = np.arange(min(self.tile, self.length - start))
        low = 1 if start == 0 else ramp(at, self.overlap)
        high = 1 if start + self.tile >= self.length else ramp(self.tile - 1 - at, self.overlap)
        return low * high * np.ones(len(at))

    def end(self, number):
        return min(self.starts[number] + self.tile, self.length)


class Model:
    """An ONNX file of Groundmask, and what it says of itself."""

    def __init__(self, path):
        try:
            import onnxruntime
        except ImportError as error:
            raise QgsProcessingException("onnxruntime is missing: python3 -m pip install onnxruntime, with QGIS's own Python") from error
        try:
            self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common class of their own.
            raise QgsProcessingException(f"{path}: onnxruntime cannot read it: {error}") from error
        about = self.session.get_modelmeta()
        self.facts = dict(json_of(about.custom_metadata_map))
        # By number from 1, in the order of the channels; none where it sees grey or colours.
        self.bands = [band["number"] for band in self.facts.get("bands", [])]
        shape = self.session.get_inputs()[0].shape
        if len(shape) != 4 or shape[1] not in ([len(self.bands)] if self.bands else (1, 3)):
            raise QgsProcessingException(f"{path}: no model of Groundmask, its input is {shape}")
        if self.facts.get("sampling", "crop") != "crop":
            raise QgsProcessingException(
                f"{path}: this network was shown whole images, made smaller; this script cuts tiles. Use `groundmask predict`, or the page."
            )
        self.channels = shape[1]
        self.fixed = shape[2:] if all(isinstance(n, int) for n in shape[2:]) else None
        self.classes = self.session.get_outputs()[0].shape[1]
        said = re.search(r"multiples of (\d+)", about.description or "") or re.search(r"multiples of (\d+)", about.graph_description or "")
        self.stride = int(said.group(1)) if said else 64
        self.threshold = float(self.facts.get("seg_thresh", 0.5))

    def tile(self, size):
        """Height and width of the tiles of an image."""
        if self.fixed:
            return self.fixed
        padded = [max(-(-n // self.stride), 1) * self.stride for n in size]
        whole = -(-TILE_PX // self.stride) * self.stride
        return padded if padded[0] * padded[1] <= TILE_PX**2 else [min(n, whole) for n in padded]

    def seen(self, pixels, known):
        """Bands as the network sees them, `[channels, h, w]` in 0..1; black where nothing was measured."""
        ranges = self.facts.get("value_ranges")
        if pixels.dtype == np.uint8:
            levels, full = pixels.astype(np.int64), 255
        elif ranges:
            low, high = np.array([ranges[min(i, len(ranges) - 1)] for i in range(len(pixels))], np.float64).T[:, :, None, None]
            share = np.clip((np.nan_to_num(pixels.astype(np.float64)) - low) / (high - low), 0, 1)
            levels, full = np.floor(share * 65535 + 0.5).astype(np.int64), 65535
        else:
            raise QgsProcessingException("the model knows images of 8 bits only; this one has more")
        if len(levels) == 1:
            levels = np.repeat(levels, self.channels, 0)
        elif self.channels == 1:
            # Pillow's integer luma.
            weights = np.array([19595, 38470, 7471])[:, None, None]
            levels = ((levels * weights).sum(0, keepdims=True) + 0x8000) >> 16
        return np.where(known, levels / np.float32(full), 0).astype(np.float32)

    def predict(self, values):
        """Probabilities `[classes, h, w]` of `[channels, h, w]`."""
        return self.session.run(None, {self.session.get_inputs()[0].name: values[None]})[0][0]


def json_of(metadata):
    """What of a file's metadata is JSON, as all of ours is."""
    for key, value in metadata.items():
        try:
            yield key, json.loads(value)
        except ValueError:
            continue


def shown_bands(source):
    """What the page shows of a file and a network sees of it, unless bands were chosen: those that are called red, green and blue,
    else the first three; of ten and more Sentinel-2's."""
    kinds = {i: source.GetRasterBand(i).GetColorInterpretation() for i in range(1, source.RasterCount + 1)}
    measured = [i for i, kind in kinds.items() if kind != gdal.GCI_AlphaBand] or [1]
    called = {kind: i for i, kind in reversed(kinds.items())}
    named = [called.get(kind) for kind in (gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand)]
    if all(named):
        return named
    if len(measured) < 3:
        return measured[:1]
    return measured[:3] if len(measured) < 10 else [measured[3], measured[2], measured[1]]


class Image:
    """A raster's bands that a network sees."""

    def __init__(self, source, wanted):
        self.source, self.bands, self.colours = source, wanted or shown_bands(source), None
        self.size = [source.RasterYSize, source.RasterXSize]
        if max(self.bands) > source.RasterCount:
            raise QgsProcessingException(f"the model sees bands {', '.join(map(str, wanted))}; the image has {source.RasterCount}")
        table = None if wanted else source.GetRasterBand(self.bands[0]).GetRasterColorTable()
        if table and len(self.bands) == 1:
            entries = [table.GetColorEntry(i)[:3] for i in range(table.GetCount())]
            self.colours = np.array(entries + [(0, 0, 0)] * (256 - len(entries)), np.uint8)

    def read(self, top, left, height, width):
        """Pixels and which of them have data, which is where any band has; beyond the edge its last pixel goes on."""
        rows, columns = min(height, self.size[0] - top), min(width, self.size[1] - left)
        bands = [self.source.GetRasterBand(i) for i in self.bands]
        pixels = np.stack([band.ReadAsArray(left, top, columns, rows) for band in bands])
        known = np.zeros((rows, columns), bool)
        for band, values in zip(bands, pixels):
            known |= (band.GetMaskBand().ReadAsArray(left, top, columns, rows) > 0) & ~np.isnan(values)
        if self.colours is not None:
            pixels = self.colours[pixels[0]].transpose(2, 0, 1)
        pad = ((0, height - rows), (0, width - columns))
        return np.pad(pixels, ((0, 0), *pad), "edge"), np.pad(known, pad, "edge")


def segment(image, model, write, go_on):
    """Gives `write` the rows of the map as they are finished: the first one's number, `[classes, rows, width]`, which have data."""
    size = image.size
    tile = model.tile(size)
    stride = 1 if model.fixed else model.stride
    down, across = (Axis(length, n, stride) for length, n in zip(size, tile))
    given, sums = 0, np.zeros((model.classes, 0, size[1]), np.float32)
    for i, top in enumerate(down.starts):
        held = down.end(i) - given
        sums = np.pad(sums, ((0, 0), (0, held - sums.shape[1]), (0, 0)))
        for j, left in enumerate(across.starts):
            go_on((i + j / len(across.starts)) / len(down.starts))
            pixels, known = image.read(top, left, *tile)
            found = model.predict(model.seen(pixels, known))
            rows, columns = len(down.weights[i]), len(across.weights[j])
            weights = (down.weights[i][:, None] * across.weights[j]).astype(np.float32)
            sums[:, top - given : top - given + rows, left : left + columns] += weights * found[:, :rows, :columns]
        finished = down.starts[i + 1] if i + 1 < len(down.starts) else size[0]
        rows = finished - given
        _, known = image.read(given, 0, rows, size[1])
        write(given, sums[:, :rows], known)
        sums, given = sums[:, rows:], finished


class GroundmaskSegment(QgsProcessingAlgorithm):
    INPUT, MODEL, KIND, THRESHOLD, OUTPUT = "INPUT", "MODEL", "KIND", "THRESHOLD", "OUTPUT"
    CLASSES, PROBABILITY = range(2)

    def createInstance(self):
        return GroundmaskSegment()

    def name(self):
        return "groundmask_segment"

    def displayName(self):
        return self.tr("Segment with a Groundmask model")

    def group(self):
        return "Groundmask"

    def groupId(self):
        return "groundmask"

    def shortHelpString(self):
        return self.tr(
            "A mask of a raster layer by a model that Groundmask saved as ONNX. Classes: 0 background, 1 foreground or more, 255 where the image "
            "has no data. Probability: 0 to 1, -1 where it has none; of several classes that of the most probable one. The layer should have "
            "the ground resolution that the model was trained at."
        )

    def tr(self, text):
        return QCoreApplication.translate("GroundmaskSegment", text)

    def initAlgorithm(self, config=None):
        self.addParameter(QgsProcessingParameterRasterLayer(self.INPUT, self.tr("Image")))
        self.addParameter(QgsProcessingParameterFile(self.MODEL, self.tr("Model (ONNX)"), extension="onnx"))
        kinds = [self.tr("Classes"), self.tr("Probability")]
        self.addParameter(QgsProcessingParameterEnum(self.KIND, self.tr("Result"), kinds, defaultValue=self.CLASSES))
        number = QgsProcessingParameterNumber(
            self.THRESHOLD, self.tr("Probability from which on a pixel is foreground (not set: the model's own)"),
            type=getattr(QgsProcessingParameterNumber, "Double", None) or QgsProcessing.NumberParameterType.Double,
            optional=True, minValue=0.0, maxValue=1.0,
        )  # fmt: skip
        self.addParameter(number)
        self.addParameter(QgsProcessingParameterRasterDestination(self.OUTPUT, self.tr("Mask")))

    def processAlgorithm(self, parameters, context, feedback):
        layer = self.parameterAsRasterLayer(parameters, self.INPUT, context)
        source = layer and gdal.Open(layer.source())
        if not source:
            raise QgsProcessingException(self.tr("the image is no file that GDAL opens"))
        model = Model(self.parameterAsFile(parameters, self.MODEL, context))
        image = Image(source, model.bands)
        threshold = model.threshold
        if parameters.get(self.THRESHOLD) is not None:
            threshold = self.parameterAsDouble(parameters, self.THRESHOLD, context)
        as_probability = self.parameterAsEnum(parameters, self.KIND, context) == self.PROBABILITY
        path = self.parameterAsOutputLayer(parameters, self.OUTPUT, context)
        kind, nodata = (gdal.GDT_Float32, NODATA_PROBABILITY) if as_probability else (gdal.GDT_Byte, NODATA_CLASS)
        options = ["COMPRESS=DEFLATE", "TILED=YES", "BIGTIFF=IF_SAFER"]
        result = gdal.GetDriverByName("GTiff").Create(path, source.RasterXSize, source.RasterYSize, 1, kind, options)
        if result is None:
            raise QgsProcessingException(self.tr("the result cannot be written: {}").format(path))
        place = source.GetGeoTransform(can_return_null=True)
        if place:
            result.SetGeoTransform(place)
            # What people have told QGIS is not in the file.
            result.SetProjection(source.GetProjection() or layer.crs().toWkt())
        elif source.GetGCPCount():
            result.SetGCPs(source.GetGCPs(), source.GetGCPProjection())
        band = result.GetRasterBand(1)
        band.SetNoDataValue(nodata)

        def write(top, probability, known):
            if as_probability:
                values = probability.max(0)
            elif model.classes == 1:
                values = (probability[0] >= threshold).astype(np.uint8)
            else:
                values = probability.argmax(0).astype(np.uint8)
            if band.WriteArray(np.where(known, values, values.dtype.type(nodata)), 0, top):
                raise QgsProcessingException(f"{path}: {gdal.GetLastErrorMsg()}")

        def go_on(share):
            feedback.setProgress(math.floor(100 * share))
            if feedback.isCanceled():
                raise QgsProcessingException(self.tr("cancelled"))

        try:
            segment(image, model, write, go_on)
        except Exception:
            # Half a mask would be taken for a whole one.
            band = result = None
            gdal.GetDriverByName("GTiff").Delete(path)
            raise
        band = None
        result.FlushCache()
        return {self.OUTPUT: path}
