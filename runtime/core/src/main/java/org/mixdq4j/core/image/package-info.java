/**
 * Pictures: 8-bit RGB rasters, PNG files with text chunks. May use {@code core.error},
 * {@code core.io}, {@code core.tensor} and the JDK without {@code java.desktop}: no AWT, no ImageIO, so that it works on headless and trimmed runtimes.
 */
package org.mixdq4j.core.image;
