package org.mixdq4j.ptq.scheme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mixdq4j.core.error.UsageException;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.quant.ActivationQuant;
import org.mixdq4j.core.quantize.range.RangeMethod;

class SchemeReaderTest {
    private static final Path SCHEMES = Path.of(System.getProperty("mixdq.root"), "configs/schemes");

    @TempDir
    Path folder;

    private Scheme read(String yaml) throws IOException {
        return SchemeReader.read(Files.writeString(folder.resolve("mine.yaml"), yaml));
    }

    @Test
    void everyFieldHasADefault() throws IOException {
        assertThat(read("{}"))
                .isEqualTo(new Scheme(
                        "mine",
                        new Scheme.Weights(8, 0, RangeMethod.MINMAX),
                        new Scheme.Activations(8, RangeMethod.RUNNING_MINMAX, 0.95, 8, 99.99),
                        true,
                        true,
                        new Scheme.KeepFloat(Set.of(), 0, 2, List.of())));
        assertThat(read("weights:\nactivations:\nkeep_float:\n")).isEqualTo(read("{}"));
    }

    @Test
    void everyFieldIsRead() throws IOException {
        Scheme scheme = read("name: other\n"
                + "weights: {bits: 4, range: mse, rounding: gptq}\n"
                + "activations: {bits: 6, range: percentile, momentum: 0.5, batch: 3, percentile: 99}\n"
                + "split: false\n"
                + "bos: false\n"
                + "keep_float: {roles: [output, INPUT], worst: 0.25, samples: 7, layers: ['*.ff.*', conv_in]}\n"
                + "text_encoders: {bits: 6, group: 64, range: mse, which: all}\n");

        assertThat(scheme)
                .isEqualTo(new Scheme(
                        "other",
                        new Scheme.Weights(4, 0, RangeMethod.MSE, Scheme.Rounding.GPTQ),
                        new Scheme.Activations(6, RangeMethod.PERCENTILE, 0.5, 3, 99),
                        false,
                        false,
                        false,
                        Scheme.Rotate.OFF,
                        Scheme.Rows.QUANTIZED,
                        new Scheme.KeepFloat(
                                Set.of(Scheme.Role.INPUT, Scheme.Role.OUTPUT), 0.25, 7, List.of("*.ff.*", "conv_in")),
                        new Scheme.TextEncoders(new Scheme.Weights(6, 64, RangeMethod.MSE), Scheme.Which.ALL)));
        Scheme token = read("{activations: {granularity: token, range: minmax}, balance: true, rows: weight-only}");
        assertThat(token.activations().quant()).contains(new ActivationQuant(8, ActivationQuant.Granularity.TOKEN));
        assertThat(token.balance()).isTrue();
        assertThat(token.rows()).isEqualTo(Scheme.Rows.WEIGHT_ONLY);
        assertThat(token.with(false, false))
                .isEqualTo(
                        read(
                                "{activations: {granularity: token, range: minmax}, balance: true, rows: weight-only, split: false, bos: false}"));
        assertThat(scheme.with(true, false).split()).isTrue();
        assertThat(scheme.with(true, false).bos()).isFalse();
    }

    @Test
    void whatACheckpointKeepsReadsBackAsTheScheme() throws IOException {
        Scheme scheme = read(
                "{weights: {bits: 4, rounding: gptq}, bos: false, keep_float: {roles: [output, input], worst: 0.01, layers: [a]}, text_encoders: {bits: 8}}");
        assertThat(read(Json.toPrettyString(scheme.toJson()))).isEqualTo(scheme);
        Scheme token = read("{activations: {granularity: token}, balance: true, rows: weight-only}");
        assertThat(read(Json.toPrettyString(token.toJson()))).isEqualTo(token);
    }

    @Test
    void textEncodersReadTokensInEightBitsWhereTheyAreAskedTo() throws IOException {
        Scheme scheme =
                read("{text_encoders: {bits: 8, activations: 8, worst: 0.1, samples: 3, floor: 25, which: small}}");
        assertThat(scheme.textEncoders())
                .isEqualTo(new Scheme.TextEncoders(
                        new Scheme.Weights(8, 0, RangeMethod.MINMAX), 8, 0.1, 3, 25, Scheme.Which.SMALL));
        assertThat(scheme.textEncoders().inputs()).contains(new ActivationQuant(8, ActivationQuant.Granularity.TOKEN));
        assertThat(scheme.textEncoders().measures()).isTrue();
        assertThat(read("{text_encoders: {bits: 8, activations: 8, samples: 0}}")
                        .textEncoders()
                        .measures())
                .isFalse();
        assertThat(read(Json.toPrettyString(scheme.toJson()))).isEqualTo(scheme);
        assertThatThrownBy(() -> read("{text_encoders: {bits: 8, activations: 4}}"))
                .hasMessageContainingAll("text_encoders", "activations", "4", "8, or 16 for float");
        assertThatThrownBy(() -> read("{text_encoders: {activations: 8}}"))
                .hasMessageContainingAll("text_encoders", "activations", "16 where weights stay in float");
    }

    @Test
    void rotationIsAWordOrASize() throws IOException {
        for (Scheme.Rotate rotate : Scheme.Rotate.values()) {
            Scheme scheme = read("{activations: {granularity: token}, rotate: " + rotate.word() + "}");
            assertThat(scheme.rotate()).isEqualTo(rotate);
            assertThat(read(Json.toPrettyString(scheme.toJson()))).isEqualTo(scheme);
            assertThat(scheme.with(true, true).withoutProtection().rotate()).isEqualTo(rotate);
            assertThat(scheme.weightsOnly().rotate()).isEqualTo(Scheme.Rotate.OFF);
        }
        assertThat(read("{name: a}").rotate()).isEqualTo(Scheme.Rotate.OFF);
        assertThat(Scheme.Rotate.AUTO.sizes()).containsExactly(0, 16, 64, 256);
        for (String wrong : List.of("32", "on", "always")) {
            assertThatThrownBy(() -> read("{activations: {granularity: token}, rotate: " + wrong + "}"))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("rotate is '")
                    .hasMessageContaining("[off, auto, 16, 64, 256]");
        }
        for (String fixed : List.of("{}", "{granularity: token, bits: 16}")) {
            assertThatThrownBy(() -> read("{activations: " + fixed + ", rotate: auto}"))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("granularity: token");
        }
    }

    static Stream<Path> shipped() throws IOException {
        try (Stream<Path> files = Files.list(SCHEMES)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shipped")
    void theShippedOnesAreCalledLikeTheirFiles(Path file) {
        assertThat(SchemeReader.read(file).name() + ".yaml")
                .isEqualTo(file.getFileName().toString());
    }

    @Test
    void theShippedOnesSayWhatTheirNamesSay() {
        Scheme w8a8 = SchemeReader.read(SCHEMES.resolve("w8a8.yaml"));
        assertThat(List.of(w8a8.weights().bits(), w8a8.activations().bits())).containsExactly(8, 8);
        assertThat(w8a8.split()).isTrue();
        assertThat(w8a8.bos()).isTrue();
        assertThat(w8a8.keep().worst()).isEqualTo(0.01);
        Scheme naive = SchemeReader.read(SCHEMES.resolve("w8a8-naive.yaml"));
        assertThat(naive.split() || naive.bos()).isFalse();
        assertThat(naive.keep()).isEqualTo(new Scheme.KeepFloat(Set.of(), 0, 2, List.of()));
    }

    @Test
    void theShippedFourBitOnesSayWhatTheirNamesSay() {
        Scheme w4a8 = SchemeReader.read(SCHEMES.resolve("w4a8.yaml"));
        assertThat(List.of(w4a8.weights().bits(), w4a8.activations().bits())).containsExactly(4, 8);
        assertThat(w4a8.split() && w4a8.bos()).isTrue();
        assertThat(w4a8.keep().worst()).isEqualTo(0.01);
        Scheme naive = SchemeReader.read(SCHEMES.resolve("w4a8-naive.yaml"));
        assertThat(naive.weights()).isEqualTo(new Scheme.Weights(4, 0, RangeMethod.MINMAX));
        assertThat(naive.activations().bits()).isEqualTo(8);
        assertThat(naive.activations().range()).isEqualTo(RangeMethod.MINMAX);
        assertThat(naive.split() || naive.bos()).isFalse();
        assertThat(naive.keep()).isEqualTo(new Scheme.KeepFloat(Set.of(), 0, 2, List.of()));
        Scheme w4a16 = SchemeReader.read(SCHEMES.resolve("w4a16.yaml"));
        assertThat(w4a16.weights()).isEqualTo(w4a8.weights());
        assertThat(w4a16.activations().quant()).isEmpty();
        Scheme mixed = SchemeReader.read(SCHEMES.resolve("mixed.yaml"));
        assertThat(List.of(mixed.weights().bits(), mixed.activations().bits())).containsExactly(8, 8);
        assertThat(mixed.keep().roles()).as("the plan decides").isEmpty();
        assertThat(mixed.keep().layers()).isEmpty();
    }

    @Test
    void partsCanBeSwitchedOff() {
        Scheme w4a8 = SchemeReader.read(SCHEMES.resolve("w4a8.yaml"));
        assertThat(w4a8.weightsOnly().activations().quant()).isEmpty();
        assertThat(w4a8.weightsOnly().weights()).isEqualTo(w4a8.weights());
        assertThat(w4a8.weightsOnly().keep()).isEqualTo(w4a8.keep());
        assertThat(w4a8.withoutProtection().keep().worst()).isZero();
        assertThat(w4a8.withoutProtection().weights()).isEqualTo(w4a8.weights());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "weights: {bits: 9}|section weights: bits is '9', expected 2 to 8, or 16 for float",
                "weights: {bits: 1}|bits is '1'",
                "weights: {bits: 8.0}|bits is '8.0'",
                "weights: {bits: eight}|bits is 'eight'",
                "weights: {range: running-minmax}|range is 'running-minmax', expected one of [minmax, mse]",
                "weights: {rounding: up}|rounding is 'up', expected nearest or gptq",
                "weights: 8|section weights is not a mapping of fields",
                "weights: {group: 8}|group is '8', expected 0, or 16 to 1024",
                "activations: {bits: 17}|section activations: bits is '17'",
                "activations: {range: max}|range is 'max', expected one of [minmax, running-minmax, percentile, mse]",
                "activations: {momentum: 1.5}|momentum is '1.5', expected a number from 0.0 to 1.0",
                "activations: {momentum: .nan}|momentum is 'NaN'",
                "activations: {batch: 0}|batch is '0', expected a whole number from 1 to",
                "activations: {percentile: 101}|percentile is '101', expected a number from 50.0 to 100.0",
                "split: 1|split is '1', expected true or false",
                "activations: {granularity: row}|granularity is 'row', expected tensor or token",
                "rows: float|rows is 'float', expected quantized or weight-only",
                "balance: 1|balance is '1', expected true or false",
                "{balance: true, activations: {bits: 16}}|balance is 'true', expected false where weights or inputs stay",
                "{balance: true, activations: {range: mse}}|range is 'mse', expected minmax with 'balance: true'",
                "bos: 'yes'|bos is 'yes', expected true or false",
                "keep_float: {roles: input}|roles is 'input', expected a list",
                "keep_float: {roles: [middle]}|roles is 'middle', expected input, output or convolution",
                "keep_float: {worst: -0.1}|worst is '-0.1', expected a number from 0.0 to 1.0",
                "keep_float: {samples: 0}|samples is '0'",
                "keep_float: {layers: conv_in}|layers is 'conv_in', expected a list",
                "keep_float: {layers: ['down[']}|layers is 'down[', expected a glob pattern of layer ids",
            })
    void refusesAWrongValueWithItsFieldAndWhatIsExpected(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("mine.yaml")
                .hasMessageContaining(message);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "weight: {bits: 8}|there is no field 'weight'; did you mean 'weights'?",
                "weights: {bit: 8}|section weights: there is no field 'bit'; did you mean 'bits'?",
                "activations: {percentil: 99}|no field 'percentil'; did you mean 'percentile'?",
                "keep_float: {wurst: 0.1}|no field 'wurst'; did you mean 'worst'?",
                "boss: true|no field 'boss'; did you mean 'bos'?",
                "1: true|there is no field '1'",
            })
    void suggestsTheNearestFieldForAnUnknownOne(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml)).isInstanceOf(UsageException.class).hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "- a\n- b", "just words", "# nothing"})
    void refusesWhatIsNoMapping(String yaml) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is not a mapping of fields");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "'weights: {bits: 8'|line 1,",
                "'bos: true\nbos: false'|line 2, found duplicate key bos",
                "'a: !!java.net.URL [x]'|is not YAML",
            })
    void refusesWhatIsNoYaml(String yaml, String message) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is not YAML")
                .hasMessageContaining(message);
    }

    @Test
    void refusesAMissingFile() {
        assertThatThrownBy(() -> SchemeReader.read(folder.resolve("none.yaml")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("There is no scheme file");
    }
}
