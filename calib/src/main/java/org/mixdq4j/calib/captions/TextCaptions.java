package org.mixdq4j.calib.captions;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.error.MixdqException;

/** A caption a line. */
final class TextCaptions {
    private TextCaptions() {}

    static List<Caption> parse(BufferedReader reader, Path file, int samples) throws IOException {
        List<Caption> captions = new ArrayList<>();
        long number = 0;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            if (line.indexOf('\0') >= 0) {
                throw binary(file, number);
            }
            String text = Captions.tidy(line);
            if (!text.isEmpty() && captions.size() < samples) {
                captions.add(new Caption(number, text));
            }
        }
        return captions;
    }

    static MixdqException binary(Path file, long line) {
        return new MixdqException("Captions file " + file + " is a binary file (line " + line
                + " holds a NUL character); expected COCO captions or text with a caption a line.");
    }
}
