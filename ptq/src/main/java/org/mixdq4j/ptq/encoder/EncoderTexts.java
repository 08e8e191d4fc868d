package org.mixdq4j.ptq.encoder;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.artifact.calibration.Spread;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.pipeline.PromptSettings;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tokenizer.PromptTokenizer;
import org.mixdq4j.ptq.scheme.Scheme;

/**
 * Texts as an encoder reads them, ids I64 [1, N] each.
 *
 * @param chosen those that choices are made on; at least one
 * @param others those the finished encoder is tried on; where there are none, it is tried on the first
 */
public record EncoderTexts(List<Tensor> chosen, List<Tensor> others) {
    /** Texts it is tried on when it is done. */
    private static final int TRIED = 16;

    /** As many of a set's captions as a scheme says, spread over it, and some of the rest. */
    static EncoderTexts of(ModelSource model, String component, CalibrationSet set, Scheme.TextEncoders how) {
        PromptSettings prompts = PromptSettings.recorded(set.manifest().settings());
        int all = set.manifest().samples().size();
        Set<Integer> chosen = Spread.of(all, 1, 1, how.samples());
        List<Integer> rest =
                IntStream.range(0, all).filter(i -> !chosen.contains(i)).boxed().toList();
        List<Integer> others =
                Spread.of(rest.size(), 1, 1, TRIED).stream().map(rest::get).toList();
        try (PromptTokenizer tokenizer =
                PromptTokenizer.load(model.component(component.replace("text_encoder", "tokenizer")))) {
            int length = component.equals(PromptSettings.ENCODER) && prompts.sequenceLength() > 0
                    ? prompts.sequenceLength()
                    : tokenizer.maxLength();
            return new EncoderTexts(
                    ids(tokenizer, length, set, List.copyOf(chosen)), ids(tokenizer, length, set, others));
        }
    }

    private static List<Tensor> ids(PromptTokenizer tokenizer, int length, CalibrationSet set, List<Integer> samples) {
        return samples.stream()
                .map(i -> set.manifest().samples().get(i).caption())
                .map(caption -> Tensor.ofLongs(Shape.of(1, length), tokenizer.encode(caption, length)))
                .toList();
    }

    int length() {
        return chosen.get(0).shape().dim(1);
    }

    static List<Map<String, Tensor>> calls(List<Tensor> texts) {
        return texts.stream().map(ids -> Map.of("input_ids", ids)).toList();
    }
}
