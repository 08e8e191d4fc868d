package org.mixdq4j.bench.kernel;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Collection;
import java.util.function.Consumer;
import org.mixdq4j.core.error.MixdqException;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures {@link Kernels} by JMH.
 *
 * @param threads that a kernel divides its work among
 * @param forks processes in which each is measured; 0: this one
 * @param rounds that count, after three times as many in which loops are compiled
 * @param roundMillis how long a round takes
 */
public record KernelTimes(int threads, int forks, int rounds, int roundMillis) {
    /** What measuring processes say of themselves would stand between the rows. */
    private static final OutputFormat QUIET = OutputFormatFactory.createFormatInstance(
            new PrintStream(OutputStream.nullOutputStream()), VerboseMode.SILENT);

    /**
     * One kernel.
     *
     * @param micros the mean of the rounds, and half of JMH's interval of 99.9 % around it
     * @param rate GB/s that are read and written, or GFLOP/s
     */
    public record Row(String name, double micros, double error, double rate, boolean products) {}

    /** @param only measures kernels whose names hold this. @param each is given each as soon as it is measured */
    public void measure(String only, Consumer<Row> each) {
        for (Kernel kernel : Kernels.all()) {
            if (kernel.name().contains(only)) {
                each.accept(measure(kernel));
            }
        }
    }

    private Row measure(Kernel kernel) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(KernelBenchmark.class.getName() + ".run")
                .param("kernel", kernel.name())
                .param("threads", Integer.toString(threads))
                .forks(forks)
                .warmupIterations(3 * rounds)
                .warmupTime(TimeValue.milliseconds(roundMillis))
                .measurementIterations(rounds)
                .measurementTime(TimeValue.milliseconds(roundMillis))
                .shouldFailOnError(true);
        try {
            Collection<RunResult> results = new Runner(options.build(), QUIET).run();
            Result<?> mean = results.iterator().next().getPrimaryResult();
            double micros = mean.getScore();
            return new Row(
                    kernel.name(), micros, mean.getScoreError(), kernel.work() / micros / 1e3, kernel.products());
        } catch (RunnerException e) {
            throw new MixdqException("'" + kernel.name() + "' could not be measured: " + e.getMessage(), e);
        }
    }
}
