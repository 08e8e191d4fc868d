package org.mixdq4j.sensitivity.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mixdq4j.conformance.support.TinyModel;
import org.mixdq4j.core.artifact.calibration.CalibrationSet;
import org.mixdq4j.core.io.Folders;
import org.mixdq4j.core.progress.Progress;
import org.mixdq4j.core.quant.ScaleSearch;
import org.mixdq4j.core.quantize.range.RangeChooser;
import org.mixdq4j.core.quantize.range.RangeMethod;
import org.mixdq4j.sensitivity.PreparedSets;
import org.mixdq4j.sensitivity.measure.Similarity;
import org.mixdq4j.sensitivity.run.SensitivityRequest.Method;
import org.mixdq4j.sensitivity.variant.Variants;

/** A run over the tiny model with some settings changed: by itself weights in 3 and inputs in 6 bits on one unit. */
final class TinyRun implements Progress {
    static final String MEASURING = "measuring layers";

    private static Path reference;
    private static SensitivitySummary referenceSummary;

    private final Path out;
    private CalibrationSet calibration = PreparedSets.calibration();
    private List<Integer> weightBits = List.of(3);
    private List<Integer> activationBits = List.of(6);
    private Similarity similarity = Similarity.GAUSSIAN;
    private Variants.Form form = new Variants.Form(0, true, true);
    private Optional<SensitivityRequest.BalanceBits> balance = Optional.empty();
    private int units = 1;
    private Set<Method> methods = EnumSet.of(Method.EXACT);
    private int threads = 2;
    private long memoryBytes = 1L << 30;
    private boolean overwrite;
    private long stopAfter = Long.MAX_VALUE;
    private String stage;
    private long done;

    /** Measured or estimated by this run, by stage. */
    final Map<String, Long> computed = new TreeMap<>();

    TinyRun(Path out) {
        this.out = out;
    }

    /** The folder of an undisturbed run by both methods on one thread with all memory; not to be written to. */
    static synchronized Path reference() {
        if (reference == null) {
            reference = Path.of("target/prepared/reference").toAbsolutePath();
            try {
                Folders.delete(reference);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            referenceSummary = new TinyRun(reference)
                    .by(Method.EXACT, Method.ESTIMATE)
                    .threads(1)
                    .run();
        }
        return reference;
    }

    static SensitivitySummary referenceSummary() {
        reference();
        return referenceSummary;
    }

    /** A copy of it. */
    static Path copyOfReference(Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(reference())) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    /** Tables and CSV of a folder by name. */
    static Map<String, String> tables(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            Map<String, String> tables = new TreeMap<>();
            for (Path file :
                    files.filter(f -> f.toString().matches(".*\\.(yaml|csv)")).toList()) {
                tables.put(file.getFileName().toString(), Files.readString(file));
            }
            return tables;
        }
    }

    /** What was measured, by unit, layer, part and bits; each just once. */
    static Set<String> measured(Path folder) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("measured.journal"));
        Set<String> keys = lines.stream()
                .skip(1)
                .map(line -> line.split(" "))
                .map(f -> String.join(" ", f[0], f[1], f[2], f[3]))
                .collect(Collectors.toSet());
        assertThat(keys).hasSize(lines.size() - 1);
        return keys;
    }

    TinyRun on(CalibrationSet set) {
        calibration = set;
        return this;
    }

    TinyRun bits(List<Integer> weights, List<Integer> activations) {
        weightBits = weights;
        activationBits = activations;
        return this;
    }

    TinyRun like(Similarity other) {
        similarity = other;
        return this;
    }

    /** @param balanceBits of weights for which channels are balanced, with 8 bits of inputs; empty for none */
    TinyRun form(Variants.Form other, Optional<Integer> balanceBits) {
        form = other;
        balance = balanceBits.map(bits -> new SensitivityRequest.BalanceBits(bits, 8));
        return this;
    }

    TinyRun units(int count) {
        units = count;
        return this;
    }

    TinyRun by(Method first, Method... more) {
        methods = EnumSet.of(first, more);
        return this;
    }

    TinyRun threads(int count) {
        threads = count;
        return this;
    }

    TinyRun memory(long bytes) {
        memoryBytes = bytes;
        return this;
    }

    TinyRun overwriting() {
        overwrite = true;
        return this;
    }

    /** Stops when this many were measured. */
    TinyRun stopAfter(long count) {
        stopAfter = count;
        return this;
    }

    /** Thrown where the run is to stop. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    SensitivitySummary run() {
        SensitivityRequest request = new SensitivityRequest(
                TinyModel.FOLDER,
                calibration,
                weightBits,
                activationBits,
                new SensitivityRequest.Quantizers(
                        "plain",
                        new RangeChooser(RangeMethod.MINMAX, 99.99),
                        ScaleSearch.MAX_ABS,
                        form,
                        0.95,
                        8,
                        balance),
                similarity,
                units,
                methods,
                4,
                OptionalInt.of(threads),
                memoryBytes,
                overwrite,
                out);
        return new SensitivityRun(request, PreparedSets.statistics(), PreparedSets.executor(), this).run();
    }

    @Override
    public void begin(String name, long total) {
        resume(name, total, 0);
    }

    @Override
    public void resume(String name, long total, long doneBefore) {
        stage = name;
        done = doneBefore;
        computed.put(name, 0L);
    }

    @Override
    public void at(long now) {
        assertThat(now).isEqualTo(++done);
        long count = computed.merge(stage, 1L, Long::sum);
        if (stage.equals(MEASURING) && count == stopAfter) {
            throw new Stopped();
        }
    }

    @Override
    public void end() {}
}
