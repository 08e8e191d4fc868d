package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mixdq4j.cli.command.RootCommand;
import org.mixdq4j.cli.terminal.Failures;
import org.mixdq4j.core.io.Json;
import picocli.CommandLine;

/** {@code mixdq allocate} on the published SDXL-Turbo tables. */
class AllocateTest {
    private static final Path TABLES = Path.of(System.getProperty("mixdq.root"), "util_files", "published_sdxl_turbo");

    @TempDir
    private Path folder;

    private record Run(int code, String out, String err) {}

    private static Run run(List<String> arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = new CommandLine(new RootCommand())
                .setExecutionExceptionHandler(new Failures())
                .setParameterExceptionHandler(Failures::usage)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
        return new Run(code, out.toString(), err.toString());
    }

    private static List<String> arguments(Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("allocate", "--out", out.toString()));
        table(arguments, "--weights-sqnr", "sensitivity_weight_sqnr.yaml");
        table(arguments, "--weights-ssim", "sensitivity_weight_ssim.yaml");
        table(arguments, "--sizes", "weight_sizes.yaml");
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static List<String> withActivations(Path out, String... more) {
        List<String> arguments = arguments(out, more);
        table(arguments, "--acts-sqnr", "sensitivity_act_sqnr.yaml");
        table(arguments, "--acts-ssim", "sensitivity_act_ssim.yaml");
        table(arguments, "--act-sizes", "act_sizes.yaml");
        return arguments;
    }

    private static void table(List<String> arguments, String option, String file) {
        arguments.add(option);
        arguments.add(TABLES.resolve(file).toString());
    }

    private static SortedMap<String, String> contents(Path folder) throws Exception {
        SortedMap<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(folder.relativize(file).toString(), Files.readString(file));
            }
        }
        return contents;
    }

    @Test
    void writesTheSameBytesTwice() throws Exception {
        String[] options = {"--bits", "4", "--act-bits", "7.7", "--sweep", "3", "--pin", "conv_*=8"};
        Run first = run(withActivations(folder.resolve("a/plan.yaml"), options));
        Run second = run(withActivations(folder.resolve("b/plan.yaml"), options));
        assertThat(first.err).isEmpty();
        assertThat(first.code).isZero();
        assertThat(second.code).isZero();
        SortedMap<String, String> written = contents(folder.resolve("a"));
        assertThat(written).isEqualTo(contents(folder.resolve("b")));
        assertThat(written.keySet())
                .contains("plan.yaml", "plan.acts.yaml", "plan.summary.json", "plan.candidates/frontier.json");
        assertThat(first.out)
                .contains("joint program: proven optimal", "5 float", "4 float", "bytes")
                .doesNotContain("NOT proven")
                .matches(out -> out.lines().count() <= 15);

        assertThat(written.get("plan.yaml").lines())
                .hasSize(794)
                .contains("model.conv_in: 8")
                .allMatch(line -> line.matches("model\\.[\\w.]+: [248]"));
        assertThat(written.get("plan.acts.yaml").lines())
                .hasSize(785)
                .noneMatch(line -> line.startsWith("model.conv_in:"));
        JsonNode summary = Json.read(folder.resolve("a/plan.summary.json"));
        assertThat(summary.at("/weights/average_bits").asDouble()).isBetween(3.99, 4.0);
        assertThat(summary.at("/weights/layers/conv_in/reason").asText()).isEqualTo("pinned");
        assertThat(summary.at("/acts/layers/conv_in/reason").asText()).isEqualTo("protected");
        assertThat(summary.at("/acts/layers/conv_in/bits").asText()).isEqualTo("float");
        assertThat(summary.at("/acts/layers/add_embedding.linear_1/reason").asText())
                .isEqualTo("budget");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--bits 2|2|for weights no plan averages 2.0 bits or less: with these candidates and pins 2.6169 to 8.0000",
                "--bits NaN|2|the budget of NaN bits",
                "--bytes 1000|2|839343360 to 2565880320",
                "--window 0.02|2|there is no budget",
                "--bits 4 --split 3|2|the split 3.0",
                "--bits 4 --pin conv_in=8 --pin conv_*=4|2|for weights the pins 'conv_in=8' and 'conv_*=4' contradict each other for the layer conv_in",
                "--bits 4 --pin conv_in=6|1|for weights there is no sensitivity of the layer conv_in at 6 bits",
                "--bits 4 --pin conv_int=8|2|'conv_int=8' names no layer",
                "--bits 4 --content-bits 2,6|1|at 6 bits",
                "--bits 4 --columns 4,8|1|3 values for the layer add_embedding.linear_1 where 2 were expected",
                "--bits 4 --size-unit 1|1|the unit the file was written with",
                "--bits 4 --act-bits 8|2|need their tables",
                "--bits 4 --acts-sqnr x.yaml|2|the table --acts-ssim is missing",
                "--bits 4 --sweep -1|2|-1 splits",
                "--bits 4 --pareto 1|2|1 budgets"
            })
    void whatIsWrongIsOneSentence(String options, int code, String sentence) {
        Run run = run(arguments(folder.resolve("plan.yaml"), options.split(" ")));
        assertThat(run.code).isEqualTo(code);
        assertThat(run.err).startsWith("mixdq: ").contains(sentence).doesNotContain("Exception");
        assertThat(run.err.strip().lines()).hasSize(1);
        assertThat(folder.resolve("plan.yaml")).doesNotExist();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--bits 4 --act-bits 3|2|for activations no plan averages 3.0 bits or less",
                "--bits 4 --act-bits 99|2|for activations the budget of 99.0 bits",
                "--bits 4 --act-candidates 3|1|for activations there is no sensitivity of the layer add_embedding.linear_1 at 3",
                "--bits 4 --act-pin x=8|2|for activations the pin 'x=8' names no layer",
                "--bits 4 --protect 1|2|--protect is 1.0"
            })
    void whatIsWrongWithActivationsSaysSo(String options, int code, String sentence) {
        Run run = run(withActivations(folder.resolve("plan.yaml"), options.split(" ")));
        assertThat(run.code).isEqualTo(code);
        assertThat(run.err).startsWith("mixdq: ").contains(sentence);
        assertThat(run.err.strip().lines()).hasSize(1);
        assertThat(folder.resolve("plan.yaml")).doesNotExist();
    }

    /** One table edited at a time; the first layer that does not fit is named. */
    @ParameterizedTest(name = "{0} of {1} by {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "(?s)model.conv_in:.*?(?=model)|sensitivity_weight_sqnr.yaml|''|the layer conv_in of",
                "model.conv_in: .*\\n|weight_sizes.yaml|''|the layer conv_in of",
                "model.conv_in: .*|weight_sizes.yaml|model.conv_in: .nan|size NaN for the layer conv_in",
                "model.conv_in: .*|weight_sizes.yaml|model.conv_in: 0.5001|size 0.5001 for the layer conv_in",
                "down_blocks|sensitivity_weight_ssim.yaml|blocks|the layer blocks.1.attentions.0.transformer_blocks.0",
                "(?s)(?<=attn2.to_v:\\n- )[^\\n]*|sensitivity_weight_ssim.yaml|.nan|sensitivity NaN for the layer",
                "(?s)(?<=conv_in:\\n- )[^\\n]*|sensitivity_act_sqnr.yaml|.nan|sensitivity NaN for the layer conv_in at 2",
                "model.conv_in: .*\\n|act_sizes.yaml|''|the layer conv_in of"
            })
    void tablesThatDoNotFitAreRefusedByLayer(String what, String table, String by, String sentence) throws Exception {
        List<String> arguments = withActivations(folder.resolve("plan.yaml"), "--bits", "4");
        Path edited = folder.resolve(table);
        Files.writeString(edited, Files.readString(TABLES.resolve(table)).replaceFirst(what, by));
        arguments.replaceAll(a -> a.equals(TABLES.resolve(table).toString()) ? edited.toString() : a);
        Run run = run(arguments);
        assertThat(run.code).isEqualTo(1);
        assertThat(run.err).startsWith("mixdq: ").contains(sentence).contains(table);
        assertThat(run.err.strip().lines()).hasSize(1);
        assertThat(folder.resolve("plan.yaml")).doesNotExist();
    }

    @Test
    void missingAndRepeatedTablesAreWrongUsage() {
        List<String> without = arguments(folder.resolve("plan.yaml"), "--bits", "4");
        int at = without.indexOf("--sizes");
        without.subList(at, at + 2).clear();
        Run run = run(without);
        assertThat(run.code).isEqualTo(2);
        assertThat(run.err).startsWith("mixdq: the table --sizes (or --model) is missing");
        Run twice = run(arguments(folder.resolve("plan.yaml"), "--bits", "4", "--sizes", "other.yaml"));
        assertThat(twice.code).isEqualTo(2);
        assertThat(twice.err).startsWith("mixdq: ").contains("--sizes").contains("only once");
    }
}
