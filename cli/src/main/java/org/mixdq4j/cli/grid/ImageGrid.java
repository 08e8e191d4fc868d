package org.mixdq4j.cli.grid;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.image.RgbImage;

/**
 * A labelled grid of equally sized pictures on a light background: a header above every column, a caption below every row
 * that has one, both wrapped. Colours of the pictures are untouched, so a pixel can be read off the grid.
 *
 * <pre>{@code
 * RgbImage sheet = new ImageGrid(List.of("float", "W8A8")).imageScale(2).row("a red circle", List.of(a, b)).render();
 * }</pre>
 */
public final class ImageGrid {
    private static final int BACKGROUND = 0xF7F7F5;
    private static final int HEADER_COLOUR = 0x1F2933;
    private static final int CAPTION_COLOUR = 0x52606D;
    private static final int MARGIN = 16;
    private static final int COLUMN_GAP = 10;
    private static final int ROW_GAP = 18;
    private static final int LABEL_GAP = 6;

    private final List<String> headers;
    private final List<Row> rows = new ArrayList<>();
    private int imageScale = 1;
    private int textScale = 2;

    private record Row(String caption, List<RgbImage> images) {}

    /** @param headers one header a column, possibly empty */
    public ImageGrid(List<String> headers) {
        if (headers.isEmpty()) {
            throw new IllegalArgumentException("a grid needs a column");
        }
        this.headers = List.copyOf(headers);
    }

    /** Shows every pixel of the pictures as a square of this many pixels; 1 unless set. */
    public ImageGrid imageScale(int scale) {
        imageScale = positive(scale);
        return this;
    }

    /** The size of the text: at 1 a capital is 7 pixels high; 2 unless set. */
    public ImageGrid textScale(int scale) {
        textScale = positive(scale);
        return this;
    }

    /**
     * Adds a row.
     *
     * @param caption printed below it, possibly empty
     * @param images one picture a column, all of the size of the first picture of the grid
     */
    public ImageGrid row(String caption, List<RgbImage> images) {
        if (images.size() != headers.size()) {
            throw new IllegalArgumentException(images.size() + " pictures for " + headers.size() + " columns");
        }
        RgbImage first = rows.isEmpty() ? images.get(0) : rows.get(0).images.get(0);
        for (RgbImage image : images) {
            if (image.width() != first.width() || image.height() != first.height()) {
                throw new IllegalArgumentException(image + " in a grid of " + first);
            }
        }
        rows.add(new Row(caption, List.copyOf(images)));
        return this;
    }

    /** Lays the grid out. */
    public RgbImage render() {
        if (rows.isEmpty()) {
            throw new IllegalStateException("a grid needs a row");
        }
        int columns = headers.size();
        int cellWidth = rows.get(0).images.get(0).width() * imageScale;
        int cellHeight = rows.get(0).images.get(0).height() * imageScale;
        int gridWidth = columns * cellWidth + (columns - 1) * COLUMN_GAP;
        List<List<String>> heads = wrapped(headers, cellWidth);
        List<List<String>> captions = wrapped(rows.stream().map(Row::caption).toList(), gridWidth);

        int headLines = heads.stream().mapToInt(List::size).max().orElse(0);
        int height = 2 * MARGIN + band(headLines) + (rows.size() - 1) * ROW_GAP;
        for (List<String> caption : captions) {
            height += cellHeight + band(caption.size());
        }
        Canvas canvas = new Canvas(2 * MARGIN + gridWidth, height, BACKGROUND);
        for (int c = 0; c < columns; c++) {
            // Short headers stand on the pictures, not under the top margin.
            int drop = (headLines - heads.get(c).size()) * BitmapFont.LINE * textScale;
            canvas.text(heads.get(c), left(c, cellWidth), MARGIN + drop, cellWidth, textScale, HEADER_COLOUR);
        }
        int top = MARGIN + band(headLines);
        for (int r = 0; r < rows.size(); r++) {
            for (int c = 0; c < columns; c++) {
                canvas.picture(rows.get(r).images.get(c), left(c, cellWidth), top, imageScale);
            }
            top += cellHeight;
            canvas.text(captions.get(r), MARGIN, top + LABEL_GAP, 0, textScale, CAPTION_COLOUR);
            top += band(captions.get(r).size()) + ROW_GAP;
        }
        return canvas.image();
    }

    private static int left(int column, int cellWidth) {
        return MARGIN + column * (cellWidth + COLUMN_GAP);
    }

    /** The height that lines of text and the gap to their pictures take. */
    private int band(int lines) {
        return lines == 0 ? 0 : lines * BitmapFont.LINE * textScale + LABEL_GAP;
    }

    private List<List<String>> wrapped(List<String> texts, int width) {
        return texts.stream()
                .map(text -> BitmapFont.wrap(text, width / textScale))
                .toList();
    }

    private static int positive(int scale) {
        if (scale < 1) {
            throw new IllegalArgumentException("scale " + scale);
        }
        return scale;
    }
}
