package org.mixdq4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.RandomLayers;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.core.exec.Recording;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.torch.array.Torch;

/** Threads that record, re-run and differentiate one float model at the same time get the bits each gets alone. */
class ConcurrentUseTest {
    private static final int THREADS = 2;
    private static final int ROUNDS = 3;

    private final TorchExecutor executor = new TorchExecutor();

    @AfterEach
    void close() {
        executor.close();
    }

    /** Every layer quantized in turn, recordings with and without a budget, and gradients at all layers. */
    private static List<float[]> work(TorchNetwork model, Map<String, Tensor> inputs, int every, long seed) {
        Graph graph = model.graph();
        List<float[]> bits = new ArrayList<>();
        Map.Entry<String, String> output = graph.outputs().entrySet().iterator().next();
        List<Node> layers = graph.layers();
        try (Recording all = model.record(inputs);
                Recording some = model.record(inputs, 100_000)) {
            for (int i = 0; i < layers.size(); i += every) {
                Node layer = layers.get(i);
                QuantizedLayer quantized = new RandomLayers(seed + i).integer(layer.layer(), 8);
                Map<String, Optional<QuantizedLayer>> changes = new LinkedHashMap<>();
                changes.put(layer.id(), Optional.of(quantized));
                changes.put(layers.get(0).id(), Optional.empty());
                Recording recording = i / every % 2 == 0 ? all : some;
                bits.add(recording
                        .rerun(changes, Set.of(output.getValue()))
                        .get(output.getValue())
                        .toFloatArray());
            }
            bits.add(model.run(inputs).get(output.getKey()).toFloatArray());
            Tensor direction = MemoryWeights.random(graph.shape(output.getValue()), new Random(seed));
            model
                    .gradients(
                            inputs,
                            output.getKey(),
                            direction,
                            Set.copyOf(layers.stream().map(Node::id).toList()))
                    .entrySet()
                    .stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(gradient -> bits.add(gradient.getValue().toFloatArray()));
        }
        return bits;
    }

    private static void together(List<Callable<List<float[]>>> works, List<List<float[]>> expected) throws Exception {
        CyclicBarrier start = new CyclicBarrier(works.size());
        List<FutureTask<List<float[]>>> running = new ArrayList<>();
        for (Callable<List<float[]>> work : works) {
            FutureTask<List<float[]>> task = new FutureTask<>(() -> {
                start.await();
                return work.call();
            });
            running.add(task);
            // A new thread each time: PyTorch sets one up at its first computation.
            new Thread(task).start();
        }
        for (int i = 0; i < running.size(); i++) {
            List<float[]> bits = running.get(i).get(2, TimeUnit.MINUTES);
            assertThat(bits).hasSameSizeAs(expected.get(i));
            for (int j = 0; j < bits.size(); j++) {
                assertThat(Arrays.equals(bits.get(j), expected.get(i).get(j)))
                        .as("thread %d, result %d", i, j)
                        .isTrue();
            }
        }
    }

    private void sameBits(TorchNetwork model, List<Map<String, Tensor>> rows, int every) throws Exception {
        List<List<float[]>> alone = new ArrayList<>();
        List<Callable<List<float[]>>> works = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Map<String, Tensor> row = rows.get(i);
            long seed = 71 + i;
            alone.add(work(model, row, every, seed));
            works.add(() -> work(model, row, every, seed));
        }
        int open = model.openArrays();
        for (int round = 0; round < ROUNDS; round++) {
            together(works, alone);
        }
        assertThat(model.openArrays()).isEqualTo(open);
        assertThat(Torch.threadsNow()).isEqualTo(Torch.threads());
    }

    @Test
    void aUNetOfSmallLayers() throws Exception {
        try (ShippedUNet unet = ShippedUNet.open(ShippedUNet.TURBO)) {
            TorchNetwork model = (TorchNetwork) executor.compile(unet.graph(), unet.weights());
            sameBits(model, List.of(unet.inputs(72), unet.inputs(73)), 16);
        }
    }

    /** The number of threads decides which algorithm PyTorch takes for these convolutions, and changes between them. */
    @Test
    void layersThatAreDividedAmongThreadsAndSuchThatAreNot() throws Exception {
        Graph graph = mixed();
        TorchNetwork model = (TorchNetwork) executor.compile(graph, MemoryWeights.randomFor(graph, 74));
        Random random = new Random(75);
        List<Map<String, Tensor>> rows = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            rows.add(Map.of("x", MemoryWeights.random(Shape.of(1, 128, 32, 32), random)));
        }
        sameBits(model, rows, 1);
    }

    private static Graph mixed() {
        GraphBuilder b = new GraphBuilder("Mixed");
        Value x = b.input("x", DType.F32, Shape.of(1, 128, 32, 32));
        for (int i = 0; i < 4; i++) {
            x = b.add("large" + i, new Conv2d(128, 128, 1, 1, 1, Conv2d.Padding.same(0), false), x);
            x = b.add("exp" + i, new Activate(Activate.Function.QUICK_GELU), x);
            Value part = b.add("part" + i, new Slice(2, 0, 4), x);
            part = b.add("small" + i, new Conv2d(128, 128, 1, 1, 1, Conv2d.Padding.same(0), true), part);
            x = b.add("spread" + i, new UpsampleNearest(32, 32), part);
        }
        b.output("out", b.add("flat", new Reshape(Shape.of(128, 1024)), x));
        return b.build();
    }

    @Test
    void aNewThreadUsesAsManyThreadsAsItSaid() throws Exception {
        executor.description();
        CyclicBarrier turn = new CyclicBarrier(2);
        FutureTask<Integer> task = new FutureTask<>(() -> {
            Torch.divideWork(true);
            turn.await(1, TimeUnit.MINUTES);
            turn.await(1, TimeUnit.MINUTES);
            return Torch.threadsNow();
        });
        new Thread(task).start();
        turn.await(1, TimeUnit.MINUTES);
        try {
            Torch.divideWork(false);
            turn.await(1, TimeUnit.MINUTES);
            assertThat(task.get(1, TimeUnit.MINUTES)).isEqualTo(Torch.threads());
        } finally {
            Torch.divideWork(true);
        }
    }
}
