/**
 * Pictures: 8-bit RGB rasters, PNG files with text chunks. May use {@code core.error}, {@code core.io}, {@code core.tensor}.
 * PNG is read and written without {@code java.desktop}, so that drawing works where that module is not there and bytes repeat;
 * {@code Pictures} alone calls ImageIO, for JPEG and interlaced PNG.
 */
package org.mixdq4j.core.image;
