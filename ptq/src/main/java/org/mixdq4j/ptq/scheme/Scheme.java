package org.mixdq4j.ptq.scheme;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quant.ActivationQuant.Granularity;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;

/**
 * A quantization scheme: how every layer is to be held unless something speaks against it. Read from YAML by
 * {@link SchemeReader}; {@code configs/schemes/w8a8.yaml} explains each field.
 *
 * @param split whether inputs behind a channel concat are cut where the concat joins them
 * @param bos whether projections of the text embedding leave the first token's row in float
 * @param balance whether factors of a Linear's input channels are searched that move their width into its weights
 * @param rotate features a run in which inputs of Linears that are quantized token by token are rotated
 * @param rows what becomes of Linears that read one row a sample
 * @param keep what stays in float
 * @param textEncoders how the text encoders are held
 * @param vae how the VAE's decoder is held
 */
public record Scheme(
        String name,
        Weights weights,
        Activations activations,
        boolean split,
        boolean bos,
        boolean balance,
        Rotate rotate,
        Rows rows,
        KeepFloat keep,
        TextEncoders textEncoders,
        Vae vae) {
    /** With the VAE in float. */
    public Scheme(
            String name,
            Weights weights,
            Activations activations,
            boolean split,
            boolean bos,
            boolean balance,
            Rotate rotate,
            Rows rows,
            KeepFloat keep,
            TextEncoders textEncoders) {
        this(name, weights, activations, split, bos, balance, rotate, rows, keep, textEncoders, Vae.IN_FLOAT);
    }

    /** As MixDQ has it: no factors or rotations, layers that read one row a sample like all others, text encoders in float. */
    public Scheme(String name, Weights weights, Activations activations, boolean split, boolean bos, KeepFloat keep) {
        this(name, weights, activations, split, bos, false, Rotate.OFF, Rows.QUANTIZED, keep, TextEncoders.IN_FLOAT);
    }

    /** Stands for values left in float, as in W4A16. */
    public static final int FLOAT_BITS = 16;

    /**
     * @param bits 2 to 8, or {@link #FLOAT_BITS}
     * @param group weights a group where bits leave room for it, or 0
     * @param range {@code minmax} or {@code mse}
     * @param rounding of weights of fewer than 8 bits
     */
    public record Weights(int bits, int group, RangeMethod range, Rounding rounding) {
        /** Rounded to nearest. */
        public Weights(int bits, int group, RangeMethod range) {
            this(bits, group, range, Rounding.NEAREST);
        }

        public Optional<WeightQuant> quant() {
            return bits == FLOAT_BITS ? Optional.empty() : Optional.of(WeightQuant.grouped(bits, group));
        }

        public ScaleSearch search() {
            return range == RangeMethod.MSE ? ScaleSearch.LEAST_SQUARES : ScaleSearch.MAX_ABS;
        }
    }

    /**
     * @param bits 2 to 8, or {@link #FLOAT_BITS}
     * @param granularity what shares a scale; of Linears, the range of convolutions is always per tensor
     * @param range of what is quantized per tensor
     * @param momentum weight of the past in {@code running-minmax}
     * @param batch rows a batch of {@code running-minmax}
     * @param percentile percent of values kept by {@code percentile}
     */
    public record Activations(
            int bits, Granularity granularity, RangeMethod range, double momentum, int batch, double percentile) {
        /** Per tensor. */
        public Activations(int bits, RangeMethod range, double momentum, int batch, double percentile) {
            this(bits, Granularity.TENSOR, range, momentum, batch, percentile);
        }

        public Optional<ActivationQuant> quant() {
            return bits == FLOAT_BITS ? Optional.empty() : Optional.of(quant(bits));
        }

        /** With other bits, as a plan gives them. */
        public ActivationQuant quant(int otherBits) {
            return new ActivationQuant(otherBits, granularity);
        }

        /** Whether scales of Linears are found at run time. */
        public boolean dynamic() {
            return granularity == Granularity.TOKEN;
        }

        public RangeChooser ranges() {
            return new RangeChooser(range, percentile);
        }
    }

    /** How inputs are rotated. */
    public enum Rotate {
        /** Not. */
        OFF(List.of(Rotation.NONE)),
        /** In the runs that cost a layer's output least, and not where that is best. */
        AUTO(Stream.concat(Stream.of(Rotation.NONE), Rotation.SIZES.stream()).toList()),
        /** In runs of 16, where the layer's inputs are a multiple of that. */
        BY_16(List.of(16)),
        /** Likewise. */
        BY_64(List.of(64)),
        /** Likewise. */
        BY_256(List.of(256));

        private final List<Integer> sizes;

        Rotate(List<Integer> sizes) {
            this.sizes = sizes;
        }

        /** Those to choose among; {@link Rotation#NONE} stands for inputs as they are. */
        public List<Integer> sizes() {
            return sizes;
        }

        /** As schemes write it: off, auto or the features a run. */
        public String word() {
            return this == OFF || this == AUTO ? Scheme.word(this) : String.valueOf(sizes.get(0));
        }
    }

    /** What becomes of Linears that read one row a sample (modulation of norms, embedders). */
    public enum Rows {
        /** They are quantized like all others. */
        QUANTIZED,
        /** Their inputs stay in float: they are memory and no work, so that integer products would save no time. */
        WEIGHT_ONLY
    }

    /** How weights become integers. */
    public enum Rounding {
        /** Each by itself. */
        NEAREST,
        /** By what the layer reads, where that is measured to be better ({@code ptq.rounding}). */
        GPTQ
    }

    /** A place in the network that can be told from the graph. */
    public enum Role {
        /** Layers that read the latents. */
        INPUT,
        /** Layers that produce the network's output. */
        OUTPUT,
        /** Convolutions, which some programs run in float alone. */
        CONVOLUTION
    }

    /**
     * @param roles places whose layers stay in float
     * @param worst share of layers to protect: those that hurt the network's output most when quantized alone
     * @param samples calibration rows that is measured on
     * @param layers glob patterns of layer ids, for what only a person knows
     */
    public record KeepFloat(Set<Role> roles, double worst, int samples, List<String> layers) {}

    /** Which text encoders. */
    public enum Which {
        /** Every one. */
        ALL,
        /** The one with the most parameters, such as SD3's T5. */
        LARGEST,
        /** Those of at most {@link #SMALL_PARAMETERS}, such as CLIP's and not SD3's T5: in FP32 they fit any memory. */
        SMALL;

        /** Of the largest that is small. */
        public static final long SMALL_PARAMETERS = 1_000_000_000;
    }

    /**
     * Every Linear with integer weights and, if asked for, inputs of a scale a token, but for some of the worst.
     *
     * @param weights of their layers; {@link #FLOAT_BITS} for none
     * @param activations bits of their layers' inputs; {@link #FLOAT_BITS} for none
     * @param worst share of an encoder's multiplications that may stay in float, for layers that hurt its outputs most when
     *     quantized alone; where inputs are quantized
     * @param samples captions of the calibration set that is measured on; 0: nothing is measured
     * @param floor SQNR in dB that an encoder's outputs must reach, where it is measured; one that does not stays in float
     * @param which of them
     */
    public record TextEncoders(Weights weights, int activations, double worst, int samples, double floor, Which which) {
        /** All as they are. */
        public static final TextEncoders IN_FLOAT =
                new TextEncoders(new Weights(FLOAT_BITS, 0, RangeMethod.MINMAX), Which.LARGEST);

        /** With inputs in float. */
        public TextEncoders(Weights weights, Which which) {
            this(weights, FLOAT_BITS, 0, 0, 0, which);
        }

        public int bits() {
            return weights.bits();
        }

        /** How layers' inputs are quantized. */
        public Optional<ActivationQuant> inputs() {
            return activations == FLOAT_BITS
                    ? Optional.empty()
                    : Optional.of(new ActivationQuant(activations, Granularity.TOKEN));
        }

        /** Whether anything is measured before they are written. */
        public boolean measures() {
            return inputs().isPresent() && samples > 0;
        }
    }

    /**
     * The VAE's decoder: every layer with integer weights of a scale a channel and an input of one static range, but for some
     * of the worst.
     *
     * @param bits of weights and inputs; {@link #FLOAT_BITS} for all in float
     * @param margin how far ranges of inputs reach beyond the mean of pictures' extremes, in standard deviations of these; they
     *     always hold what was seen
     * @param worst share of the decoder's multiplications that may stay in float, for layers that hurt its output most when
     *     quantized alone
     * @param samples latents of the calibration set that ranges come from
     */
    public record Vae(int bits, double margin, double worst, int samples) {
        /** As it is. */
        public static final Vae IN_FLOAT = new Vae(FLOAT_BITS, 0, 0, 1);
    }

    /** What a choice is called in schemes. */
    public static String word(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** This scheme with BOS-awareness and splitting as given, for ablations. */
    public Scheme with(boolean newSplit, boolean newBos) {
        return new Scheme(name, weights, activations, newSplit, newBos, balance, rotate, rows, keep, textEncoders, vae);
    }

    /** This scheme with inputs of layers left in float. */
    public Scheme weightsOnly() {
        Activations in = new Activations(
                FLOAT_BITS,
                activations.granularity(),
                activations.range(),
                activations.momentum(),
                activations.batch(),
                activations.percentile());
        return new Scheme(name, weights, in, split, bos, false, Rotate.OFF, rows, keep, textEncoders, vae);
    }

    /** This scheme without layers that are protected because they were measured to be the worst. */
    public Scheme withoutProtection() {
        KeepFloat rest = new KeepFloat(keep.roles(), 0, keep.samples(), keep.layers());
        return new Scheme(name, weights, activations, split, bos, balance, rotate, rows, rest, textEncoders, vae);
    }

    /** All fields, as kept in a checkpoint. */
    public ObjectNode toJson() {
        ObjectNode json = Json.mapper().createObjectNode();
        json.put("name", name);
        json.putObject("weights")
                .put("bits", weights.bits())
                .put("group", weights.group())
                .put("range", weights.range().word())
                .put("rounding", word(weights.rounding()));
        json.putObject("activations")
                .put("bits", activations.bits())
                .put("granularity", word(activations.granularity()))
                .put("range", activations.range().word())
                .put("momentum", activations.momentum())
                .put("batch", activations.batch())
                .put("percentile", activations.percentile());
        json.put("split", split).put("bos", bos).put("balance", balance);
        if (rotate != Rotate.OFF) {
            json.put("rotate", rotate.word());
        }
        json.put("rows", word(rows));
        ObjectNode keepNode = json.putObject("keep_float");
        ArrayNode roles = keepNode.putArray("roles");
        keep.roles().stream().sorted().forEach(role -> roles.add(word(role)));
        keepNode.put("worst", keep.worst()).put("samples", keep.samples());
        ArrayNode patterns = keepNode.putArray("layers");
        keep.layers().forEach(patterns::add);
        if (textEncoders.bits() != FLOAT_BITS) {
            ObjectNode encoders = json.putObject("text_encoders")
                    .put("bits", textEncoders.bits())
                    .put("group", textEncoders.weights().group())
                    .put("range", textEncoders.weights().range().word())
                    .put("which", word(textEncoders.which()));
            if (textEncoders.inputs().isPresent()) {
                encoders.put("activations", textEncoders.activations())
                        .put("worst", textEncoders.worst())
                        .put("samples", textEncoders.samples())
                        .put("floor", textEncoders.floor());
            }
        }
        if (vae.bits() != FLOAT_BITS) {
            json.putObject("vae")
                    .put("bits", vae.bits())
                    .put("margin", vae.margin())
                    .put("worst", vae.worst())
                    .put("samples", vae.samples());
        }
        return json;
    }
}
