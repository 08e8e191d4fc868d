package org.mixdq4j.evaluate.clip;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.image.RgbImage;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * What a {@code preprocessor_config.json} of CLIP says: resize (bicubic, by the shorter side), crop the centre, scale to
 * 0..1, normalize each channel. Absent settings are transformers' defaults for CLIP.
 */
final class ClipPreprocessor {
    private static final int BICUBIC = 3;
    private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
    private static final double[] STD = {0.26862954, 0.26130258, 0.27577711};

    private final Path file;
    private final JsonNode config;
    private final int size;
    private final float[] mean;
    private final float[] std;

    private ClipPreprocessor(Path file, JsonNode config, int size) {
        this.file = file;
        this.config = config;
        this.size = size;
        this.mean = channels("image_mean", MEAN);
        this.std = channels("image_std", STD);
        for (float value : std) {
            if (!(value > 0)) {
                throw wrong("image_std", "numbers above 0");
            }
        }
        if (is("do_resize") && config.path("resample").asInt(BICUBIC) != BICUBIC) {
            throw wrong("resample", BICUBIC + " (bicubic)");
        }
    }

    /** @param size side of the square picture the network takes */
    static ClipPreprocessor read(Path folder, int size) {
        Path file = folder.resolve("preprocessor_config.json");
        if (!Files.isRegularFile(file)) {
            throw new MixdqException("The CLIP folder " + folder + " has no preprocessor_config.json, which says how"
                    + " pictures are prepared; get the complete folder.");
        }
        return new ClipPreprocessor(file, Json.read(file), size);
    }

    /** @return F32 [1, 3, size, size] */
    Tensor pixels(RgbImage picture) {
        RgbImage image = is("do_resize") ? resize(picture) : picture;
        int cropHeight = image.height();
        int cropWidth = image.width();
        if (is("do_center_crop")) {
            cropHeight = side("crop_size", "height");
            cropWidth = side("crop_size", "width");
        }
        if (cropHeight != size || cropWidth != size) {
            throw new MixdqException("The file " + file + " makes pictures of " + cropWidth + "x" + cropHeight
                    + " where the network takes " + size + "x" + size
                    + ": config.json and preprocessor_config.json do not belong together, take both from one folder.");
        }
        return normalized(image, offset(image.height()), offset(image.width()));
    }

    private RgbImage resize(RgbImage picture) {
        JsonNode wanted = config.path("size");
        if (wanted.has("height") && wanted.has("width")) {
            return BicubicResize.resize(picture, side("size", "width"), side("size", "height"));
        }
        int edge = side("size", "shortest_edge");
        int shorter = Math.min(picture.width(), picture.height());
        int width = (int) ((long) edge * picture.width() / shorter);
        int height = (int) ((long) edge * picture.height() / shorter);
        return BicubicResize.resize(picture, width, height);
    }

    /** Where the crop begins; negative where it is larger than the picture and borders become black. */
    private int offset(int length) {
        return length >= size ? (length - size) / 2 : -((size - length) / 2);
    }

    private Tensor normalized(RgbImage image, int top, int left) {
        float factor = (float) config.path("rescale_factor").asDouble(1.0 / 255);
        float scale = is("do_rescale") ? factor : 1;
        boolean normalize = is("do_normalize");
        float[] out = new float[3 * size * size];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int fromY = y + top;
                int fromX = x + left;
                boolean inside = fromY >= 0 && fromY < image.height() && fromX >= 0 && fromX < image.width();
                for (int c = 0; c < 3; c++) {
                    int level = inside ? image.rgb()[3 * (fromY * image.width() + fromX) + c] & 0xff : 0;
                    float value = level * scale;
                    out[(c * size + y) * size + x] = normalize ? (value - mean[c]) / std[c] : value;
                }
            }
        }
        return Tensor.of(Shape.of(1, 3, size, size), out);
    }

    private boolean is(String field) {
        return config.path(field).asBoolean(true);
    }

    /** Pixels of a side; old files give one number for all. */
    private int side(String field, String side) {
        JsonNode value = config.path(field);
        int pixels = value.isObject() ? value.path(side).asInt() : value.asInt(size);
        if (pixels < 1) {
            throw wrong(field, "pixels, as a number or by \"" + side + "\"");
        }
        return pixels;
    }

    private float[] channels(String field, double[] fallback) {
        JsonNode value = config.path(field);
        if (!value.isMissingNode() && (value.size() != 3 || !value.get(0).isNumber())) {
            throw wrong(field, "three numbers");
        }
        float[] out = new float[3];
        for (int c = 0; c < 3; c++) {
            out[c] = (float) (value.isMissingNode() ? fallback[c] : value.get(c).asDouble());
        }
        return out;
    }

    private MixdqException wrong(String field, String expected) {
        return new MixdqException("The file " + file + " says " + field + " " + config.path(field) + ", supported is "
                + expected + "; use a CLIP folder of transformers.");
    }
}
