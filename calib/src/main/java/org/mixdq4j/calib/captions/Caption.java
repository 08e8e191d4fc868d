package org.mixdq4j.calib.captions;

/**
 * A prompt with the number that names it in its file; seeds are derived from it, so it must not change between runs.
 *
 * @param id the annotation's id in a COCO file, the line number from 1 in a text file
 * @param text one line, without surrounding white space, never empty
 */
public record Caption(long id, String text) {}
