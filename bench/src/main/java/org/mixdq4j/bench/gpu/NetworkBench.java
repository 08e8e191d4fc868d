package org.mixdq4j.bench.gpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mixdq4j.bench.step.RandomInputs;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.Loaded;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * A network of full size with random weights on the clock.
 *
 * @param name such as {@code unet-512}
 * @param network such as {@code sdxl/unet}
 * @param bits of weights, 16 for none in integers
 */
record NetworkBench(String name, String network, NetworkShape shape, int bits, FloatType floats) {
    private static final int WARM = 5;
    private static final int RUNS = 30;
    private static final int TOKENS = 77;
    /** Of SD3 with T5. */
    private static final int LONG_TOKENS = 333;

    /** @param milliseconds median of a run, inputs on the device and outputs copied back */
    record Result(String name, double milliseconds, double fastest, double loadSeconds, long weightBytes) {}

    static List<NetworkBench> all() {
        List<NetworkBench> all = new ArrayList<>();
        for (int bits : List.of(8, 4)) {
            String w = "-w" + bits;
            all.add(unet("unet-512" + w, 1, 64, bits));
            all.add(unet("unet-512-b4" + w, 4, 64, bits));
            all.add(unet("unet-1024" + w, 1, 128, bits));
            all.add(new NetworkBench(
                    "mmdit-512" + w, "sd3/transformer", new NetworkShape(1, 64, 64, LONG_TOKENS), bits, FloatType.F16));
            all.add(new NetworkBench(
                    "mmdit-1024" + w,
                    "sd3/transformer",
                    new NetworkShape(1, 128, 128, LONG_TOKENS),
                    bits,
                    FloatType.F16));
        }
        all.add(new NetworkBench("vae-512", "sdxl/vae", new NetworkShape(1, 64, 64, TOKENS), 16, FloatType.BF16));
        all.add(new NetworkBench(
                "clip-l", "sdxl/text_encoder", new NetworkShape(1, 64, 64, TOKENS), 16, FloatType.F16));
        all.add(new NetworkBench(
                "clip-g", "sdxl/text_encoder_2", new NetworkShape(1, 64, 64, TOKENS), 16, FloatType.F16));
        return all;
    }

    private static NetworkBench unet(String name, int batch, int size, int bits) {
        return new NetworkBench(name, "sdxl/unet", new NetworkShape(batch, size, size, TOKENS), bits, FloatType.F16);
    }

    /** What is loaded. */
    record Parts(Graph graph, WeightSource weights, QuantizedLayers layers, Set<String> steady) {}

    Parts parts() {
        RandomNetwork random = RandomNetwork.of(network);
        Graph graph = random.graph(shape);
        QuantizedLayers layers =
                bits == 16 ? QuantizedLayers.NONE : random.layers(graph, bits, network.startsWith("sd3"));
        return new Parts(graph, random.weights(graph), layers, steady(graph));
    }

    /** A network that is loaded and set. */
    final class Held implements AutoCloseable {
        private final Loaded loaded;
        private final Network plan;
        private final Session session;
        private final double loadSeconds;

        Held(Executor executor) {
            Parts parts = parts();
            long start = System.nanoTime();
            loaded = executor.load(parts.weights(), parts.layers(), new Numerics(floats, Arithmetic.INTEGER));
            plan = loaded.plan(parts.graph(), parts.steady());
            session = plan.session();
            RandomInputs.of(parts.graph()).forEach(session::set);
            session.run();
            loadSeconds = (System.nanoTime() - start) * 1e-9;
        }

        void run() {
            session.run();
        }

        @Override
        public void close() {
            session.close();
            plan.close();
            loaded.close();
        }
    }

    /** Text and sizes stay what they are from step to step; latents and timestep do not. */
    private static Set<String> steady(Graph graph) {
        return graph.inputs().values().stream()
                .filter(input -> input.shape().rank() == 3 || input.shape().rank() == 2)
                .map(input -> input.name())
                .filter(name -> graph.inputs().size() > 1)
                .collect(Collectors.toSet());
    }

    Result run(Executor executor) {
        try (Held held = new Held(executor)) {
            List<Double> times = times(held::run);
            return new Result(
                    name, times.get(times.size() / 2), times.get(0), held.loadSeconds, held.plan.weightBytes());
        }
    }

    /** Text encoders, one step and the decoder, one after the other. */
    static Result picture(Executor executor, int bits) {
        Map<String, NetworkBench> parts = new LinkedHashMap<>();
        all().forEach(bench -> parts.put(bench.name(), bench));
        List<Held> held = new ArrayList<>();
        try {
            long bytes = 0;
            double load = 0;
            for (String part : List.of("clip-l", "clip-g", "unet-512-w" + bits, "vae-512")) {
                Held one = parts.get(part).new Held(executor);
                held.add(one);
                bytes += one.plan.weightBytes();
                load += one.loadSeconds;
            }
            List<Double> times = times(() -> held.forEach(Held::run));
            return new Result("picture-512-w" + bits, times.get(times.size() / 2), times.get(0), load, bytes);
        } finally {
            held.forEach(Held::close);
        }
    }

    /** Sorted, in milliseconds. */
    private static List<Double> times(Runnable run) {
        for (int i = 0; i < WARM; i++) {
            run.run();
        }
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            long start = System.nanoTime();
            run.run();
            times.add((System.nanoTime() - start) * 1e-6);
        }
        Collections.sort(times);
        return times;
    }
}
