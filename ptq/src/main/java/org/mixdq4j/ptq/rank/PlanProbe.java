package org.mixdq4j.ptq.rank;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mixdq4j.core.exec.Instrumented;
import org.mixdq4j.core.metrics.Sqnr;
import org.mixdq4j.core.metrics.Ssim;
import org.mixdq4j.core.pipeline.DenoisedPictures;
import org.mixdq4j.core.tensor.Tensor;

/** Compares quantized networks with what the float one said on calibration samples, and with how that looks. */
final class PlanProbe {
    private final List<NetworkCall> calls;
    private final Optional<DenoisedPictures> pictures;
    /** What the float network's outputs look like; made when the first network is measured. */
    private final List<Tensor> floats = new ArrayList<>();

    /** @param pictures empty: outputs are compared alone */
    PlanProbe(List<NetworkCall> calls, Optional<DenoisedPictures> pictures) {
        this.calls = calls;
        this.pictures = pictures;
    }

    /** @param tick called after each network call */
    PlanQuality measure(Instrumented network, Runnable tick) {
        String output = network.graph().outputs().keySet().iterator().next();
        Sqnr sqnr = new Sqnr();
        double squares = 0;
        double ssim = 0;
        for (int i = 0; i < calls.size(); i++) {
            NetworkCall call = calls.get(i);
            List<Tensor> said = new ArrayList<>();
            for (int row = 0; row < call.inputs().size(); row++) {
                Map<String, Tensor> inputs = call.inputs().get(row);
                said.add(network.run(inputs).get(output));
                sqnr.add(call.outputs().get(row).toFloatArray(), said.get(row).toFloatArray());
            }
            if (pictures.isPresent()) {
                if (floats.size() == i) {
                    floats.add(pictures.get().of(call.step(), call.latents(), call.outputs()));
                }
                Tensor picture = pictures.get().of(call.step(), call.latents(), said);
                float[] a = floats.get(i).toFloatArray();
                float[] b = picture.toFloatArray();
                squares += meanSquare(a, b);
                ssim += Ssim.gaussian(
                        a, b, picture.shape().dim(0), picture.shape().dim(1), 3);
            }
            tick.run();
        }
        int count = calls.size();
        double mse = squares / count;
        double similarity = ssim / count;
        return new PlanQuality(sqnr.decibels(), pictures.map(decoder -> new PlanQuality.Pictures(mse, similarity)));
    }

    private static double meanSquare(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference;
        }
        return sum / a.length;
    }
}
