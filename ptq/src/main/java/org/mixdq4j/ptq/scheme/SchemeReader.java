package org.mixdq4j.ptq.scheme;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.AtomicFiles;
import org.mixdq4j.core.quant.ActivationQuant.Granularity;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads schemes. Every field has a default; an unknown one is refused. */
public final class SchemeReader {
    private SchemeReader() {}

    /** @throws UsageException if the file is missing or not a scheme, naming the field */
    public static Scheme read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new UsageException("There is no scheme file " + file + "; pass one like configs/schemes/w8a8.yaml.");
        }
        Object root;
        try {
            LoaderOptions options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            root = new Yaml(new SafeConstructor(options)).load(Files.readString(file));
        } catch (YAMLException e) {
            throw new UsageException("The scheme " + file + " is not YAML: " + problem(e)
                    + "; see configs/schemes/w8a8.yaml for the form.");
        } catch (CharacterCodingException e) {
            throw new UsageException(
                    "The scheme " + file + " is not text in UTF-8; see configs/schemes/w8a8.yaml for the form.");
        } catch (IOException e) {
            throw AtomicFiles.failure("read", file, e);
        }
        YamlFields fields = new YamlFields("The scheme " + file, root);
        String name = fields.string("name", file.getFileName().toString().replaceFirst("\\.ya?ml$", ""));
        YamlFields weights = fields.section("weights");
        YamlFields activations = fields.section("activations");
        YamlFields keep = fields.section("keep_float");
        YamlFields encoders = fields.section("text_encoders");
        YamlFields vae = fields.section("vae");
        Scheme scheme = new Scheme(
                name,
                new Scheme.Weights(
                        bits(weights, 8),
                        group(weights),
                        weightRange(weights),
                        weights.choice("rounding", Scheme.Rounding.NEAREST)),
                new Scheme.Activations(
                        bits(activations, 8),
                        activations.choice("granularity", Granularity.TENSOR),
                        range(activations, RangeMethod.RUNNING_MINMAX, EnumSet.allOf(RangeMethod.class)),
                        activations.number("momentum", 0.95, 0, 1),
                        activations.integer("batch", 8, 1, 1 << 20),
                        activations.number("percentile", 99.99, 50, 100)),
                fields.bool("split", true),
                fields.bool("bos", true),
                fields.bool("balance", false),
                rotate(fields),
                fields.choice("rows", Scheme.Rows.QUANTIZED),
                new Scheme.KeepFloat(
                        roles(keep),
                        keep.number("worst", 0, 0, 1),
                        keep.integer("samples", 2, 1, 1 << 20),
                        patterns(keep)),
                textEncoders(encoders),
                vae(vae));
        vae.requireNoOthers();
        encoders.requireNoOthers();
        keep.requireNoOthers();
        activations.requireNoOthers();
        weights.requireNoOthers();
        fields.requireNoOthers();
        requireRangeOfBalanced(scheme, fields, activations);
        requireRowsToRotate(scheme, fields);
        return scheme;
    }

    private static Scheme.TextEncoders textEncoders(YamlFields section) {
        Scheme.Weights weights =
                new Scheme.Weights(bits(section, Scheme.FLOAT_BITS), group(section), weightRange(section));
        int activations = eightOrFloat(section, "activations");
        double worst = section.number("worst", 0.05, 0, 1);
        int samples = section.integer("samples", 4, 0, 1 << 20);
        double floor = section.number("floor", 30, 0, 200);
        Scheme.Which which = section.choice("which", Scheme.Which.LARGEST);
        if (activations == Scheme.FLOAT_BITS) {
            return new Scheme.TextEncoders(weights, which);
        }
        if (weights.bits() == Scheme.FLOAT_BITS) {
            throw section.wrong(
                    "activations", activations, "16 where weights stay in float, or 'bits' of 2 to 8 besides");
        }
        return new Scheme.TextEncoders(weights, activations, worst, samples, floor, which);
    }

    private static int eightOrFloat(YamlFields section, String field) {
        int bits = section.integer(field, Scheme.FLOAT_BITS, 2, Scheme.FLOAT_BITS);
        if (bits != 8 && bits != Scheme.FLOAT_BITS) {
            throw section.wrong(field, bits, "8, or 16 for float");
        }
        return bits;
    }

    private static Scheme.Vae vae(YamlFields section) {
        int bits = eightOrFloat(section, "bits");
        Scheme.Vae read = new Scheme.Vae(
                bits,
                section.number("margin", 6, 0, 100),
                section.number("worst", 0.02, 0, 1),
                section.integer("samples", 32, 1, 1 << 20));
        return bits == Scheme.FLOAT_BITS ? Scheme.Vae.IN_FLOAT : read;
    }

    private static RangeMethod weightRange(YamlFields section) {
        return range(section, RangeMethod.MINMAX, EnumSet.of(RangeMethod.MINMAX, RangeMethod.MSE));
    }

    private static int bits(YamlFields section, int fallback) {
        int bits = section.integer("bits", fallback, 2, Scheme.FLOAT_BITS);
        if (bits > 8 && bits < Scheme.FLOAT_BITS) {
            throw section.wrong("bits", bits, "2 to 8, or 16 for float");
        }
        return bits;
    }

    private static int group(YamlFields weights) {
        int group = weights.integer("group", 0, 0, 1024);
        if (group > 0 && group < 16) {
            throw weights.wrong("group", group, "0, or 16 to 1024 weights, usually 32, 64 or 128");
        }
        return group;
    }

    /** Of balanced channels only the extremes are known. */
    private static void requireRangeOfBalanced(Scheme scheme, YamlFields fields, YamlFields activations) {
        Scheme.Activations in = scheme.activations();
        if (scheme.balance()
                && (in.bits() == Scheme.FLOAT_BITS || scheme.weights().bits() == Scheme.FLOAT_BITS)) {
            throw fields.wrong("balance", true, "false where weights or inputs stay in float (bits: 16)");
        }
        if (scheme.balance() && !in.dynamic() && in.range() != RangeMethod.MINMAX) {
            throw activations.wrong(
                    "range", in.range().word(), "minmax with 'balance: true', or 'granularity: token' besides");
        }
    }

    private static Scheme.Rotate rotate(YamlFields fields) {
        // YAML reads a bare off as false.
        String found = fields.string("rotate", Scheme.Rotate.OFF.word());
        String word = found.equals("false") ? Scheme.Rotate.OFF.word() : found;
        return Arrays.stream(Scheme.Rotate.values())
                .filter(choice -> choice.word().equals(word))
                .findFirst()
                .orElseThrow(() -> fields.wrong(
                        "rotate",
                        word,
                        "one of "
                                + Arrays.stream(Scheme.Rotate.values())
                                        .map(Scheme.Rotate::word)
                                        .toList()));
    }

    /** No static range of rotated inputs is known. */
    private static void requireRowsToRotate(Scheme scheme, YamlFields fields) {
        Scheme.Activations in = scheme.activations();
        if (scheme.rotate() != Scheme.Rotate.OFF
                && (!in.dynamic()
                        || in.bits() == Scheme.FLOAT_BITS
                        || scheme.weights().bits() == Scheme.FLOAT_BITS)) {
            throw fields.wrong(
                    "rotate",
                    scheme.rotate().word(),
                    "off, or 'granularity: token' and weights and activations of 2 to 8 bits besides");
        }
    }

    private static RangeMethod range(YamlFields section, RangeMethod fallback, Set<RangeMethod> allowed) {
        String word = section.string("range", fallback.word());
        return RangeMethod.of(word)
                .filter(allowed::contains)
                .orElseThrow(() -> section.wrong(
                        "range",
                        word,
                        "one of " + allowed.stream().map(RangeMethod::word).toList()));
    }

    private static String problem(YAMLException e) {
        if (e instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            return "line " + (marked.getProblemMark().getLine() + 1) + ", " + marked.getProblem();
        }
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static List<String> patterns(YamlFields keep) {
        List<String> patterns = keep.strings("layers");
        for (String pattern : patterns) {
            try {
                FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            } catch (PatternSyntaxException e) {
                throw keep.wrong("layers", pattern, "a glob pattern of layer ids");
            }
        }
        return patterns;
    }

    private static Set<Scheme.Role> roles(YamlFields keep) {
        Set<Scheme.Role> roles = EnumSet.noneOf(Scheme.Role.class);
        for (String word : keep.strings("roles")) {
            try {
                roles.add(Scheme.Role.valueOf(word.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw keep.wrong("roles", word, "input, output or convolution");
            }
        }
        return roles;
    }
}
