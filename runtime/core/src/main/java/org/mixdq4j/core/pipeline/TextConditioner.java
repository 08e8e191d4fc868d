package org.mixdq4j.core.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.core.error.MixdqException;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.network.source.ModelSource;
import org.mixdq4j.core.prompt.PromptStyle;
import org.mixdq4j.core.prompt.WeightedPrompt;
import org.mixdq4j.core.tensor.Axes;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;

/**
 * Prompts to embeddings as diffusers' pipelines make them, by what the model has. One CLIP encoder gives its last hidden
 * state (SD1.x); several give their penultimate ones, joined along the features (SDXL, SD3). Encoders with a projection
 * give the pooled text, joined likewise. Where there is a place for a sequence encoder (SD3's T5), what CLIP gave is
 * filled up with zeros to the width the network reads, and the tokens of that encoder follow, or zeros.
 */
public final class TextConditioner implements AutoCloseable {
    private static final String LAST = TextEncoder.LAST;
    private static final String PENULTIMATE = TextEncoder.PENULTIMATE;
    private static final String POOLED = TextEncoder.POOLED;

    private final List<TextEncoder> clips = new ArrayList<>();
    private final Optional<TextEncoder> sequence;
    private final PromptSettings settings;
    private final int features;
    private final boolean zerosForAbsent;

    private TextConditioner(PipelineSetup setup, NetworkInputs network, Executor executor) {
        ModelSource folder = setup.model();
        this.settings = setup.prompts();
        try {
            clips.add(TextEncoder.open(setup, "text_encoder", 0, executor));
            if (folder.lists("text_encoder_2")) {
                clips.add(TextEncoder.open(setup, "text_encoder_2", 0, executor));
            }
            this.features = network.textFeatures().orElseGet(this::clipFeatures);
            requireFits(folder, network);
            this.sequence = settings.sequenceEncoder()
                    ? Optional.of(TextEncoder.open(setup, PromptSettings.ENCODER, settings.sequenceLength(), executor))
                    : Optional.empty();
        } catch (RuntimeException e) {
            clips.forEach(TextEncoder::close);
            throw e;
        }
        // SDXL's own field; its pipeline is the one that takes zeros, also where the file does not mention it.
        boolean zeros = folder.index().path("force_zeros_for_empty_prompt").asBoolean(true);
        this.zerosForAbsent = zeros && clips.size() > 1 && settings.sequenceLength() == 0;
    }

    /**
     * Loads the text encoders of a model.
     *
     * @throws MixdqException if what they give is not what the network reads
     */
    static TextConditioner open(PipelineSetup setup, NetworkInputs network, Executor executor) {
        TextConditioner made = new TextConditioner(setup, network, executor);
        try {
            made.requireSequenceFits(setup.model());
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
        return made;
    }

    private void requireFits(ModelSource folder, NetworkInputs network) {
        int found = clipFeatures();
        boolean filledUp = settings.sequenceLength() > 0;
        if (filledUp ? found > features : found != features) {
            throw unfit(folder, found + " features a token", features);
        }
        int pooled = clips.stream()
                .filter(clip -> clip.has(POOLED))
                .mapToInt(clip -> clip.features(POOLED))
                .sum();
        network.pooledFeatures().ifPresent(expected -> {
            if (pooled != expected) {
                throw unfit(folder, pooled + " features of the pooled text", expected);
            }
        });
    }

    private MixdqException unfit(ModelSource folder, String given, int read) {
        boolean all = folder.lists("text_encoder_2");
        return new MixdqException("The text encoders of " + folder + " ("
                + clips.stream().map(TextEncoder::component).collect(Collectors.joining(", ")) + ") give " + given
                + ", but its network reads " + read + "; "
                + (all ? "get all components from one source." : "get a model_index.json with text_encoder_2."));
    }

    private void requireSequenceFits(ModelSource folder) {
        sequence.ifPresent(encoder -> {
            if (encoder.features(LAST) != features) {
                throw new MixdqException("The " + encoder.component() + " of " + folder + " gives "
                        + encoder.features(LAST) + " features a token, but its network reads " + features
                        + "; get all components from one source, or pass --no-t5.");
            }
        });
    }

    private int clipFeatures() {
        return clips.stream().mapToInt(clip -> clip.features(hiddenState())).sum();
    }

    private String hiddenState() {
        return clips.size() == 1 && settings.sequenceLength() == 0 ? LAST : PENULTIMATE;
    }

    /** Padded token ids of each encoder's tokenizer. */
    public List<long[]> tokens(String prompt) {
        return encoders().stream().map(encoder -> encoder.tokens(prompt)).toList();
    }

    /** The encoders that cannot take the whole prompt and ignore its end, by folder name. */
    public List<String> truncating(String prompt) {
        return settings.style() == PromptStyle.A1111
                ? List.of()
                : encoders().stream()
                        .filter(encoder -> encoder.truncates(prompt))
                        .map(TextEncoder::component)
                        .toList();
    }

    /** Chunks that a prompt takes: 1 where prompts are read as they are, else of the encoder that needs most. */
    int chunks(String prompt) {
        if (settings.style() == PromptStyle.PLAIN) {
            return 1;
        }
        List<WeightedPrompt> parsed = List.of(WeightedPrompt.parse(prompt));
        return clips.stream()
                .mapToInt(clip -> new ChunkedEncoding(clip, parsed).chunks(0))
                .max()
                .orElse(1);
    }

    private List<TextEncoder> encoders() {
        List<TextEncoder> all = new ArrayList<>(clips);
        sequence.ifPresent(all::add);
        return all;
    }

    /** What prompts became, each in the roles it has. */
    record Encoded(Map<String, Conditioning> positives, Map<String, Conditioning> negatives) {}

    /**
     * One encoder after the other reads all prompts. Layers that are to be left out are left out for positive prompts alone,
     * as in diffusers; in the style of web UIs for both.
     */
    Encoded encode(Collection<String> positives, Collection<String> negatives) {
        if (settings.clipSkip() > 0 && settings.style() == PromptStyle.PLAIN) {
            return new Encoded(encode(positives, true), encode(negatives, false));
        }
        Set<String> all = new LinkedHashSet<>(positives);
        all.addAll(negatives);
        Map<String, Conditioning> encoded = encode(all, settings.clipSkip() > 0);
        return new Encoded(encoded, encoded);
    }

    private Map<String, Conditioning> encode(Collection<String> prompts, boolean skips) {
        List<String> texts = List.copyOf(new LinkedHashSet<>(prompts));
        if (texts.isEmpty()) {
            return Map.of();
        }
        return settings.style() == PromptStyle.A1111 ? encodeInChunks(texts, skips) : encodePlain(texts, skips);
    }

    private Map<String, Conditioning> encodePlain(List<String> texts, boolean skips) {
        List<List<Tensor>> hidden = new ArrayList<>();
        List<List<Tensor>> pooled = new ArrayList<>();
        for (TextEncoder clip : clips) {
            List<TextEncoder.Read> outputs =
                    clip.read(texts.stream().map(clip::tokens).toList(), hiddenState(), skips);
            hidden.add(outputs.stream().map(TextEncoder.Read::hidden).toList());
            if (clip.has(POOLED)) {
                pooled.add(
                        outputs.stream().map(out -> out.pooled().orElseThrow()).toList());
            }
        }
        Optional<List<Map<String, Tensor>>> tokens = sequence.map(encoder -> encoder.encode(texts, Set.of(LAST)));
        Map<String, Conditioning> encoded = new LinkedHashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            int index = i;
            Tensor clip = joined(hidden, i);
            Optional<Tensor> behind = tokens.map(outputs -> outputs.get(index).get(LAST));
            encoded.put(
                    texts.get(i),
                    new Conditioning(
                            settings.sequenceLength() == 0 ? clip : withSequence(clip, behind), pooled(pooled, i)));
        }
        return encoded;
    }

    private static Optional<Tensor> pooled(List<List<Tensor>> byEncoder, int prompt) {
        return byEncoder.isEmpty() ? Optional.empty() : Optional.of(joined(byEncoder, prompt));
    }

    private Map<String, Conditioning> encodeInChunks(List<String> texts, boolean skips) {
        List<WeightedPrompt> prompts = texts.stream().map(WeightedPrompt::parse).toList();
        // Words with learned vectors may be longer for one encoder than for another.
        int[] chunks = new int[texts.size()];
        List<ChunkedEncoding> encodings = new ArrayList<>();
        for (TextEncoder clip : clips) {
            ChunkedEncoding encoding = new ChunkedEncoding(clip, prompts);
            encodings.add(encoding);
            Arrays.setAll(chunks, i -> Math.max(chunks[i], encoding.chunks(i)));
        }
        List<List<Tensor>> hidden = new ArrayList<>();
        List<List<Tensor>> pooled = new ArrayList<>();
        for (ChunkedEncoding encoding : encodings) {
            ChunkedEncoding.Encoded encoded = encoding.encode(chunks, hiddenState(), skips);
            hidden.add(encoded.hidden());
            encoded.pooled().ifPresent(pooled::add);
        }
        Map<String, Conditioning> result = new LinkedHashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            result.put(texts.get(i), new Conditioning(joined(hidden, i), pooled(pooled, i)));
        }
        return result;
    }

    /** What the encoders gave for one prompt, along the features. */
    private static Tensor joined(List<List<Tensor>> byEncoder, int prompt) {
        List<Tensor> parts =
                byEncoder.stream().map(outputs -> outputs.get(prompt)).toList();
        return parts.size() == 1 ? parts.get(0) : Axes.join(-1, parts);
    }

    private Tensor withSequence(Tensor clip, Optional<Tensor> tokens) {
        int missing = features - clip.shape().dim(-1);
        Tensor wide = missing == 0
                ? clip
                : Axes.join(-1, List.of(clip, zeros(clip.shape().with(-1, missing))));
        Shape place = Shape.of(1, settings.sequenceLength(), features);
        return Axes.join(1, List.of(wide, tokens.orElseGet(() -> zeros(place))));
    }

    private static Tensor zeros(Shape shape) {
        return Tensor.zeros(DType.F32, shape);
    }

    /** The prompt that is to be encoded for the negative side of guidance: the empty one where none is given. */
    static String negativeText(Optional<String> negative) {
        return negative.orElse("");
    }

    /** The negative side of guidance: SDXL models take zeros where none is given, others the empty prompt. */
    Conditioning negative(Optional<String> negative, Encoded encoded) {
        Conditioning text = encoded.negatives().get(negativeText(negative));
        return negative.isEmpty() && zerosForAbsent ? text.zeros() : text;
    }

    @Override
    public void close() {
        encoders().forEach(TextEncoder::close);
    }
}
