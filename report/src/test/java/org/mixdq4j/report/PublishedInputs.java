package org.mixdq4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The published SDXL-Turbo measurements as the files that {@code mixdq sensitivity} writes: 794 layers. */
final class PublishedInputs {
    static final Path TABLES = Path.of(System.getProperty("mixdq.root"), "util_files", "published_sdxl_turbo");

    private static final int[] BITS = {2, 4, 8};

    private PublishedInputs() {}

    /** MixDQ's YAML: {@code model.<path>: [..]} as lines, or one number. */
    static Map<String, List<Double>> table(String name) throws IOException {
        Map<String, List<Double>> table = new LinkedHashMap<>();
        List<Double> values = List.of();
        for (String line : Files.readAllLines(TABLES.resolve(name))) {
            if (line.startsWith("model.")) {
                String[] parts = line.substring("model.".length()).split(":");
                values = new ArrayList<>();
                table.put(parts[0], values);
                if (parts.length > 1 && !parts[1].isBlank()) {
                    values.add(Double.parseDouble(parts[1].strip()));
                }
            } else if (line.startsWith("- ")) {
                values.add(Double.parseDouble(line.substring(2)));
            }
        }
        return table;
    }

    /** Where a block lies between a UNet's input and output; only this test's data need to know. */
    private static int block(String layer) {
        if (layer.startsWith("down_blocks.")) {
            return 20 + layer.charAt("down_blocks.".length());
        }
        if (layer.startsWith("up_blocks.")) {
            return 500 + layer.charAt("up_blocks.".length());
        }
        return layer.startsWith("mid_block") ? 400 : layer.startsWith("conv_out") ? 900 : 0;
    }

    /** sensitivity.csv and summary.json in {@code folder}, with estimates made up from the measurements. */
    static Path write(Path folder) throws IOException {
        Map<String, List<Double>> sizes = table("weight_sizes.yaml");
        List<String> order = new ArrayList<>(sizes.keySet());
        order.sort((a, b) -> block(a) != block(b) ? Integer.compare(block(a), block(b)) : a.compareTo(b));
        StringBuilder csv = new StringBuilder("layer,group,type,depth,kind,bits,elements,sqnr_db,ssim,estimate_db\n");
        for (String kind : new String[] {"weight", "act"}) {
            Map<String, List<Double>> sqnr = table("sensitivity_" + kind + "_sqnr.yaml");
            Map<String, List<Double>> ssim = table("sensitivity_" + kind + "_ssim.yaml");
            Map<String, List<Double>> elements = table(kind + "_sizes.yaml");
            int unit = kind.equals("weight") ? 11520 : 320;
            for (int depth = 0; depth < order.size(); depth++) {
                String layer = order.get(depth);
                boolean conv = layer.matches(".*(conv|conv1|conv2|conv_in|conv_out|conv_shortcut)");
                for (int i = 0; i < BITS.length; i++) {
                    double db = sqnr.get(layer).get(i);
                    csv.append(String.format(
                            Locale.ROOT,
                            "%s,%s,%s,%d,%s,%d,%d,%s,%s,%s%n",
                            layer,
                            ssim.containsKey(layer) ? "content" : "quality",
                            conv ? "conv" : "linear",
                            depth,
                            kind + "s",
                            BITS[i],
                            Math.round(elements.get(layer).get(0) * unit),
                            db,
                            ssim.containsKey(layer) ? ssim.get(layer).get(i).toString() : "",
                            db - 4 * Math.sin(depth) - 2));
                }
            }
        }
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("sensitivity.csv"), csv);
        Files.writeString(
                folder.resolve("summary.json"),
                """
                {"format":"mixdq4j-sensitivity","version":1,"model":{"unet":"%s"},"calibration":"%s","rows":32,
                 "bits":{"weights":[2,4,8],"acts":[2,4,8]},"nodes_evaluated":412000,"nodes_naive":1830000,
                 "measurements":100,"measurements_of_last_run":100,"seconds_of_last_run":1284.5,"layers":794,"rank_correlation":{"weights":0.953,"acts":0.917}}
                """
                        .formatted("52b6839b2a80".repeat(5) + "abcd", "578bf117dba1".repeat(5) + "abcd"));
        return folder;
    }
}
