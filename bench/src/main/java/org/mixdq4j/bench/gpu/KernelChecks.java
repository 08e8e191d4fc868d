package org.mixdq4j.bench.gpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Attend;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Other;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.program.CudaTarget;
import org.mixdq4j.cuda.program.StepCheck;

/** Steps of whole networks on a GPU and in plain Java, those that look alike once. */
final class KernelChecks {
    /** Products of numbers that plain Java does in about a second. */
    private static final double ONE_SECOND = 4e8;

    private final Map<String, Candidate> candidates = new LinkedHashMap<>();

    private record Candidate(String network, Step step, Supplier<StoredLayers> layers, double cost) {}

    /**
     * What was found.
     *
     * @param networks step to the network it is of
     * @param left steps that were not checked, as plain Java would take too long
     * @param trouble what a step failed with; none was checked after it
     */
    record Result(List<StepCheck> checks, Map<String, String> networks, int steps, int left, Optional<String> trouble) {
        List<StepCheck> failed() {
            return checks.stream().filter(check -> !check.passed()).toList();
        }
    }

    void add(String network, Graph graph, WeightSource weights, QuantizedLayers quantized, FloatType floats) {
        StoredLayers layers = layers(graph, weights, quantized);
        Program program = Lowering.lower(graph, layers::form, Set.of(), new CudaTarget(floats));
        for (Step step : program.steps()) {
            candidates.putIfAbsent(
                    signature(step), new Candidate(network, step, () -> layers(graph, weights, quantized), cost(step)));
        }
    }

    /** For one thread each. */
    private static StoredLayers layers(Graph graph, WeightSource weights, QuantizedLayers quantized) {
        StoredLayers layers = new StoredLayers(weights, quantized);
        layers.check(graph);
        return layers;
    }

    /** Cheap ones first, as long as time is left; plain Java on all processors. */
    Result run(Device device, double seconds) {
        List<Candidate> order = new ArrayList<>(candidates.values());
        order.sort(Comparator.comparingDouble(Candidate::cost));
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        long start = System.nanoTime();
        try {
            List<Future<List<StepCheck>>> running = new ArrayList<>();
            for (int i = 0; i < order.size(); i++) {
                Candidate one = order.get(i);
                long seed = 17L * i;
                running.add(pool.submit(() -> {
                    double left = seconds - (System.nanoTime() - start) * 1e-9;
                    boolean late = left < one.cost() / ONE_SECOND;
                    return late
                            ? List.of()
                            : StepCheck.run(one.step(), one.layers().get(), device, seed);
                }));
            }
            List<StepCheck> checks = new ArrayList<>();
            Map<String, String> networks = new LinkedHashMap<>();
            int left = 0;
            for (int i = 0; i < order.size(); i++) {
                List<StepCheck> found;
                try {
                    found = running.get(i).get();
                } catch (ExecutionException e) {
                    Candidate one = order.get(i);
                    String trouble = one.network() + ", step " + one.step().id() + ": "
                            + e.getCause().getMessage();
                    return new Result(checks, networks, i - left, order.size() - i + left, Optional.of(trouble));
                }
                checks.addAll(found);
                left += found.isEmpty() ? 1 : 0;
                for (StepCheck check : found) {
                    networks.put(check.step(), order.get(i).network());
                }
            }
            return new Result(checks, networks, order.size() - left, left, Optional.empty());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            pool.shutdownNow();
        }
    }

    /** All that a kernel is chosen by, without names. */
    private static String signature(Step step) {
        StringBuilder text = new StringBuilder(step.getClass().getSimpleName());
        for (View view : step.reads()) {
            append(text, view);
        }
        text.append(" to");
        for (View view : step.writes()) {
            append(text, view);
        }
        if (step instanceof Product product) {
            text.append(product.op()).append(product.layers().size()).append(product.integer());
            product.then().forEach(then -> text.append(' ').append(kind(then)));
        } else if (step instanceof Attend attend) {
            text.append(attend.op());
        }
        return text.toString();
    }

    private static String kind(Epilogue then) {
        return then instanceof Epilogue.Apply apply
                ? apply.function().name()
                : then.getClass().getSimpleName();
    }

    private static void append(StringBuilder text, View view) {
        text.append(' ').append(view.value().type()).append(view.shape()).append(view.strides());
    }

    /** Numbers that one output is the sum of. */
    private static double taps(Product product) {
        Shape weight = ((Op) product.op()).parameters().get(0).shape();
        return weight.elements() / (double) weight.dim(0);
    }

    private static double cost(Step step) {
        double elements = step.reads().stream()
                .mapToDouble(view -> view.shape().elements())
                .sum();
        if (step instanceof Other other) {
            // Tables are made anew for each check.
            elements += other.op().parameters().stream()
                    .mapToDouble(spec -> 8.0 * spec.shape().elements())
                    .sum();
        }
        if (step instanceof Product product) {
            double inputs = taps(product);
            elements += 4 * inputs * product.op().outputs() * product.layers().size();
            double outputs = step.writes().stream()
                    .mapToDouble(view -> view.shape().elements())
                    .max()
                    .orElse(0);
            return elements + inputs * outputs;
        }
        if (step instanceof Attend attend) {
            return elements
                    + 2.0
                            * attend.query().shape().elements()
                            * attend.key().shape().dim(1);
        }
        return elements * 8;
    }
}
