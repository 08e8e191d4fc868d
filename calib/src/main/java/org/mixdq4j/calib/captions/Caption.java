package org.mixdq4j.calib.captions;

import java.util.Optional;

/**
 * A prompt with the number that names it in its file; seeds are derived from it, so it must not change between runs.
 *
 * @param id the annotation's id in a COCO file, the line number from 1 in a text file
 * @param text one line, without surrounding white space, never empty
 * @param picture file name, without its ending, of the picture it describes, where a COCO file lists it
 */
public record Caption(long id, String text, Optional<String> picture) {
    /** A caption of no known picture. */
    public Caption(long id, String text) {
        this(id, text, Optional.empty());
    }
}
