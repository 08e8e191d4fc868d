package org.mixdq4j.evaluate.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the judges said of a set of pictures.
 *
 * @param scores by name, one a picture that has a prompt
 * @param features a row a picture
 */
public record Judgement(Map<String, double[]> scores, Optional<float[][]> features) {
    public Judgement {
        scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
    }
}
