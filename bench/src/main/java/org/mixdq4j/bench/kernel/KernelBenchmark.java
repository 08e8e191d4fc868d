package org.mixdq4j.bench.kernel;

import java.util.concurrent.TimeUnit;
import org.mixdq4j.cpu.session.Task;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What JMH runs: one of {@link Kernels}, in a process of its own. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class KernelBenchmark {
    /** Name of one of {@link Kernels}. */
    @Param("copy of 4 MB")
    public String kernel;

    /** Threads that the kernel divides its work among. */
    @Param("1")
    public int threads;

    private Bench bench;
    private Task task;

    @Setup
    public void plan() {
        bench = new Bench(threads);
        task = Kernels.all().stream()
                .filter(each -> each.name().equals(kernel))
                .findFirst()
                .orElseThrow()
                .maker()
                .make(bench);
    }

    @Benchmark
    public void run() {
        task.run();
    }

    @TearDown
    public void close() {
        task.close();
        bench.close();
    }
}
