package org.mixdq4j.cli.grid;

import java.util.List;
import org.mixdq4j.core.image.RgbImage;

/** A picture being composed. */
final class Canvas {
    private final RgbImage image;

    Canvas(int width, int height, int background) {
        image = RgbImage.filled(width, height, background);
    }

    RgbImage image() {
        return image;
    }

    /** Copies a picture with its top left corner at (left, top), every pixel as a square of {@code scale} pixels. */
    void picture(RgbImage picture, int left, int top, int scale) {
        for (int y = 0; y < picture.height() * scale; y++) {
            for (int x = 0; x < picture.width() * scale; x++) {
                set(left + x, top + y, picture.pixel(x / scale, y / scale));
            }
        }
    }

    /** Draws lines of text downwards from (left, top), each in the middle of {@code width} pixels if it is not 0. */
    void text(List<String> lines, int left, int top, int width, int scale, int colour) {
        int y = top;
        for (String line : lines) {
            int indent = width == 0 ? 0 : Math.max(0, (width - BitmapFont.width(line) * scale) / 2);
            line(line, left + indent, y, scale, colour);
            y += BitmapFont.LINE * scale;
        }
    }

    private void line(String line, int left, int top, int scale, int colour) {
        int x = left;
        for (int codePoint : line.codePoints().toArray()) {
            for (int row = 0; row < BitmapFont.GLYPH_HEIGHT; row++) {
                int pixels = BitmapFont.row(codePoint, row);
                for (int column = 0; column < BitmapFont.GLYPH_WIDTH; column++) {
                    if ((pixels >> (BitmapFont.GLYPH_WIDTH - 1 - column) & 1) == 1) {
                        square(x + column * scale, top + row * scale, scale, colour);
                    }
                }
            }
            x += BitmapFont.ADVANCE * scale;
        }
    }

    private void square(int left, int top, int size, int colour) {
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                set(left + x, top + y, colour);
            }
        }
    }

    /** Pixels outside are dropped: a label may be wider than the canvas. */
    private void set(int x, int y, int colour) {
        if (x < 0 || x >= image.width() || y < 0 || y >= image.height()) {
            return;
        }
        int i = 3 * (y * image.width() + x);
        image.rgb()[i] = (byte) (colour >> 16);
        image.rgb()[i + 1] = (byte) (colour >> 8);
        image.rgb()[i + 2] = (byte) colour;
    }
}
