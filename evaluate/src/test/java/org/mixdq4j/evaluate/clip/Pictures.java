package org.mixdq4j.evaluate.clip;

import java.nio.file.Path;
import java.util.Locale;
import org.mixdq4j.core.image.Png;
import org.mixdq4j.core.image.RgbImage;

/** Shipped pictures, and larger and smaller ones put together from them as the recording's Python did. */
final class Pictures {
    private static final Path FOLDER =
            Path.of(System.getProperty("mixdq.root"), "util_files", "captions", "shapes_val");
    private static final int SIDE = 96;

    private Pictures() {}

    static RgbImage named(String name) {
        return switch (name) {
            case "wide" -> part(tiled(3, 1, 8, 15, 22, 29, 36), 0, 0, 251, 192);
            case "tall" -> tiled(1, 1, 8, 15);
            case "small" -> part(tiled(1, 22), 10, 20, 71, 57);
            default -> Png.decode(FOLDER.resolve(name));
        };
    }

    private static RgbImage tiled(int columns, int... numbers) {
        int width = columns * SIDE;
        byte[] out = new byte[3 * SIDE * SIDE * numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            String name = String.format(Locale.ROOT, "SHAPES_val_0000001%05d.png", numbers[i]);
            byte[] tile = Png.decode(FOLDER.resolve(name)).rgb();
            for (int y = 0; y < SIDE; y++) {
                int at = 3 * ((i / columns * SIDE + y) * width + i % columns * SIDE);
                System.arraycopy(tile, 3 * y * SIDE, out, at, 3 * SIDE);
            }
        }
        return new RgbImage(width, SIDE * numbers.length / columns, out);
    }

    private static RgbImage part(RgbImage image, int left, int top, int width, int height) {
        byte[] out = new byte[3 * width * height];
        for (int y = 0; y < height; y++) {
            System.arraycopy(image.rgb(), 3 * ((top + y) * image.width() + left), out, 3 * y * width, 3 * width);
        }
        return new RgbImage(width, height, out);
    }
}
