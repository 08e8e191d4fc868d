package org.mixdq4j.cuda.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.mixdq4j.conformance.support.Compare;
import org.mixdq4j.conformance.support.ShippedUNet;
import org.mixdq4j.conformance.support.StepDifference;
import org.mixdq4j.core.exec.Arithmetic;
import org.mixdq4j.core.exec.Executor;
import org.mixdq4j.core.exec.Executors;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.exec.InstrumentedExecutor;
import org.mixdq4j.core.exec.Network;
import org.mixdq4j.core.exec.Numerics;
import org.mixdq4j.core.exec.Session;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.WeightQuant;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.cuda.OneStep;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.host.HostDevice;

/** The networks that ship, through the executor's own plan, by twins: against the CPU executor, and step by step. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WholeNetworksTest {
    private static final String SD3 = "models/tiny-sd3/transformer";
    private static final WeightQuant W8 = new WeightQuant(8, 0);
    private static final WeightQuant W4 = new WeightQuant(4, 0);
    private static final WeightQuant GROUPS = new WeightQuant(4, 32);

    /** Of outputs, where both go on from the same integers. */
    private static final double DECIBELS = 45;

    private static final double DECIBELS_BF16 = 30;

    private InstrumentedExecutor torch;
    private Executor cpu;

    @BeforeAll
    void open() {
        torch = Executors.instrumented();
        cpu = Executors.named("cpu");
    }

    @AfterAll
    void close() {
        cpu.close();
        torch.close();
    }

    /** @param extra whether it is run only with {@code -Dmixdq.kernels=all} */
    private record Form(
            String network,
            WeightQuant weights,
            boolean perToken,
            FloatType floats,
            DeviceInfo device,
            boolean extra) {}

    @TestFactory
    Stream<DynamicTest> agreeWithTheCpu() {
        return Stream.of(
                        new Form(ShippedUNet.TURBO, W8, false, FloatType.F16, OneStep.HOPPER, false),
                        new Form(ShippedUNet.TURBO, GROUPS, false, FloatType.F16, OneStep.AMPERE, false),
                        new Form(ShippedUNet.TURBO, W4, true, FloatType.BF16, OneStep.HOPPER, true),
                        new Form(SD3, W8, true, FloatType.F16, OneStep.HOPPER, false),
                        new Form(SD3, GROUPS, true, FloatType.F16, OneStep.AMPERE, true))
                .filter(form -> !form.extra || "all".equals(System.getProperty("mixdq.kernels")))
                .map(form -> DynamicTest.dynamicTest(form.toString(), () -> compare(form)));
    }

    /** Beside a session in FP32 whose integers it is given: what floats between steps cost by themselves. */
    private static void besideOne(
            Form form, ShippedUNet network, QuantizedLayers layers, Map<String, Tensor> inputs, Session session) {
        try (Executor host = new CudaExecutor(new HostDevice(form.device, Families.twins()));
                Network exact = host.compile(network.graph(), network.weights(), layers, Numerics.INTEGER);
                Session reference = exact.session()) {
            inputs.forEach(reference::set);
            SideBySide found = SideBySide.run(reference, session);
            System.out.printf("%s beside FP32, integers given: %s%n", form, found);
            assertThat(found.sqnr()).isGreaterThan(form.floats == FloatType.F16 ? DECIBELS : DECIBELS_BF16);
            assertThat(found.furthest()).isLessThanOrEqualTo(form.floats == FloatType.F16 ? 2 : 16);
            assertThat(found.differing())
                    .isLessThan((long) (found.levels() * (form.floats == FloatType.F16 ? .02 : .2)));
            assertThat(found.levels()).isPositive();
            assertThat(found.repeats())
                    .as("the same bits at once and step by step")
                    .isTrue();
        }
    }

    private void compare(Form form) {
        try (ShippedUNet network = ShippedUNet.open(form.network)) {
            Map<String, Tensor> inputs = network.inputs(5);
            QuantizedLayers layers = QuantizedNetwork.of(torch, network, inputs, form.weights, form.perToken);
            Map<String, Tensor> wanted;
            try (Network reference = cpu.compile(network.graph(), network.weights(), layers, Numerics.INTEGER)) {
                wanted = reference.run(inputs);
            }
            Map<String, Tensor> exact;
            try (Network reference = torch.compile(network.graph(), network.weights())) {
                exact = reference.run(inputs);
            }
            Numerics numerics = new Numerics(form.floats, Arithmetic.INTEGER);
            try (Executor host = new CudaExecutor(new HostDevice(form.device, Families.twins()));
                    Network found = host.compile(network.graph(), network.weights(), layers, numerics);
                    Session session = found.session()) {
                inputs.forEach(session::set);
                List<StepDifference> differences = HostStepCheck.run(
                        session, network.weights(), id -> layers.ids().contains(id) ? layers.get(id) : null);
                differences.removeIf(each -> HostStepCheck.within(each, form.floats));
                assertThat(differences.stream().limit(3)).isEmpty();
                besideOne(form, network, layers, inputs, session);
                session.run().forEach((name, value) -> {
                    double sqnr = Compare.sqnr(value, wanted.get(name));
                    double lost = Compare.sqnr(value, exact.get(name));
                    double cpuLost = Compare.sqnr(wanted.get(name), exact.get(name));
                    System.out.printf(
                            "%s: %.1f dB of the CPU, %.1f dB of float (CPU %.1f)%n", form, sqnr, lost, cpuLost);
                    // Floats that differ in the last bit move inputs of the next layers across rounding boundaries.
                    assertThat(sqnr).as("nearer to the CPU than to float").isGreaterThan(cpuLost);
                    assertThat(lost).as("as good as the CPU").isGreaterThan(cpuLost - 2);
                });
            }
        }
    }
}
