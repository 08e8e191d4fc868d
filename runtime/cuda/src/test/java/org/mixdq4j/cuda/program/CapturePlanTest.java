package org.mixdq4j.cuda.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mixdq4j.conformance.support.MemoryWeights;
import org.mixdq4j.conformance.support.SmallNet;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.Device;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Geometry;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.Launch;
import org.mixdq4j.cuda.device.Parameter;
import org.mixdq4j.cuda.device.host.HostDevice;

/** Which launches a session records, when, and that it asks for memory before it runs alone. */
class CapturePlanTest {
    private static final Graph GRAPH = SmallNet.graph();

    /** A device that notes what it is asked for. */
    private static final class Watched implements Device {
        final HostDevice host = new HostDevice(OneStep.HOPPER, Families.twins());
        int prepared;
        int allocations;
        final List<Integer> recorded = new ArrayList<>();
        final List<Integer> replayed = new ArrayList<>();

        @Override
        public Launch record(List<Launch> launches) {
            recorded.add(launches.size());
            Launch all = host.record(launches);
            return () -> {
                replayed.add(launches.size());
                all.run();
            };
        }

        @Override
        public long allocate(long bytes) {
            allocations++;
            return host.allocate(bytes);
        }

        @Override
        public Launch prepare(String what, Kernel kernel, Geometry geometry, List<Parameter> parameters) {
            prepared++;
            return host.prepare(what, kernel, geometry, parameters);
        }

        @Override
        public DeviceInfo info() {
            return host.info();
        }

        @Override
        public void free(long address) {
            host.free(address);
        }

        @Override
        public void upload(long to, ByteBuffer from) {
            host.upload(to, from);
        }

        @Override
        public void download(long from, ByteBuffer to) {
            host.download(from, to);
        }

        @Override
        public void fill(long to, int value, long bytes) {
            host.fill(to, value, bytes);
        }

        @Override
        public void compile(Collection<Kernel> kernels) {
            host.compile(kernels);
        }

        @Override
        public void synchronize() {
            host.synchronize();
        }

        @Override
        public void close() {
            host.close();
        }
    }

    private interface Run {
        void on(Session session, Watched device);
    }

    private static void with(Set<String> steady, Run run) {
        Watched device = new Watched();
        try (Executor executor = new CudaExecutor(device)) {
            try (Network network = executor.compile(
                            GRAPH, steady, MemoryWeights.randomFor(GRAPH, 2), QuantizedLayers.NONE, Numerics.INTEGER);
                    Session session = network.session()) {
                SmallNet.inputs(1).forEach(session::set);
                run.on(session, device);
            }
        }
        assertThat(device.host.blocks()).as("memory that was not freed").isZero();
    }

    @Test
    void launchesAreRecordedOnceAndReplayed() {
        with(Set.of(), (session, device) -> {
            int allocations = device.allocations;
            assertThat(device.prepared).isPositive();
            assertThat(device.recorded).as("before the first run").isEmpty();
            for (int i = 0; i < 3; i++) {
                session.run();
            }
            SmallNet.inputs(2).forEach(session::set);
            session.run();
            // What is made of parameters alone is made once.
            int later = device.replayed.get(1);
            assertThat(later).isLessThan(device.prepared);
            assertThat(device.recorded).containsExactly(device.prepared, later);
            assertThat(device.replayed).containsExactly(device.prepared, later, later, later);
            assertThat(device.allocations)
                    .as("no memory is asked for while it runs")
                    .isEqualTo(allocations);
        });
    }

    @Test
    void whatDependsOnSteadyInputsAloneIsLeftOutUntilTheyChange() {
        with(Set.of("text"), (session, device) -> {
            Tensor text = SmallNet.inputs(1).get("text");
            session.run();
            session.set("image", SmallNet.inputs(2).get("image"));
            session.run();
            session.set("text", text);
            session.run();
            int all = device.prepared;
            int moving = device.replayed.get(1);
            assertThat(moving).isLessThan(all);
            assertThat(device.replayed).containsExactly(all, moving, moving);
            session.set("text", SmallNet.inputs(3).get("text"));
            Map<String, Tensor> changed = session.run();
            session.run();
            assertThat(device.replayed).containsExactly(all, moving, moving, all, moving);
            assertThat(device.recorded).as("two graphs for all runs").containsExactly(all, moving);
            with(Set.of(), (fresh, any) -> {
                fresh.set("image", SmallNet.inputs(2).get("image"));
                fresh.set("text", SmallNet.inputs(3).get("text"));
                fresh.run().forEach((name, value) -> assertThat(value.buffer())
                        .isEqualTo(changed.get(name).buffer()));
            });
        });
    }

    @Test
    void outputsThatNobodyWantsAreNotComputed() {
        with(Set.of(), (session, device) -> {
            session.run();
            session.run(Set.of("pooled"));
            session.run();
            session.run(Set.of("pooled"));
            int pooled = device.replayed.get(1);
            int both = device.replayed.get(2);
            assertThat(pooled).isLessThan(both);
            assertThat(device.recorded).containsExactly(device.prepared, pooled, both);
            assertThat(device.replayed).containsExactly(device.prepared, pooled, both, pooled);
        });
    }
}
