package org.mixdq4j.report.data;

import java.util.List;

/**
 * One caption as several models drew it.
 *
 * @param number file name without ending
 * @param caption empty where it is not known
 */
public record PictureRow(String number, String caption, List<Picture> pictures) {
    /**
     * A picture.
     *
     * @param variant who drew it, {@code float} for the original
     * @param png the file as it is
     * @param figures such as "SSIM 0.998", empty where none are known
     */
    public record Picture(String variant, byte[] png, int width, int height, String figures) {}

    public PictureRow {
        pictures = List.copyOf(pictures);
    }
}
