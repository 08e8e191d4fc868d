package org.mixdq4j.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mixdq4j.core.network.source.ModelSource;

/**
 * What a model's name says about how it was distilled, which no file does: a guess. Names are those of its folder or file
 * (of the repository, if it lies in a hub's cache) and those that diffusers writes into index and configurations when it saves what
 * was loaded from somewhere.
 *
 * @param word the part of the name that says it
 * @param name the name
 * @param steps how many steps such models are made for
 * @param guidance with which guidance
 */
record DistilledName(String word, String name, int steps, double guidance) {
    private static final String NAME_OR_PATH = "_name_or_path";
    private static final Pattern STEPS = Pattern.compile("(\\d{1,2})[-_ ]?steps?\\b");

    /** Steps and guidance their authors show. */
    private static final Map<String, double[]> KINDS = Map.ofEntries(
            Map.entry("turbo", new double[] {1, 0}),
            Map.entry("lightning", new double[] {4, 0}),
            Map.entry("hyper", new double[] {8, 0}),
            Map.entry("hypersd", new double[] {8, 0}),
            Map.entry("lcm", new double[] {4, 1.5}),
            Map.entry("tcd", new double[] {4, 0}),
            Map.entry("dmd", new double[] {4, 0}),
            Map.entry("dmd2", new double[] {4, 0}));

    static Optional<DistilledName> of(ModelSource model) {
        return names(model).stream()
                .map(name -> of(name, model.lists("transformer")))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** @param transformer whether the noise predictor is one: the turbo models among them take 4 steps */
    static Optional<DistilledName> of(String name, boolean transformer) {
        String spaced = name.replaceAll("([a-z0-9])([A-Z])", "$1 $2").replaceAll("([A-Z])([A-Z][a-z])", "$1 $2");
        String plain = spaced.toLowerCase(Locale.ROOT);
        for (String word : plain.split("[^a-z0-9]+")) {
            double[] kind = KINDS.get(word.replaceAll("\\d+steps?$", ""));
            if (kind != null) {
                Matcher steps = STEPS.matcher(plain);
                int usual = transformer && word.equals("turbo") ? 4 : (int) kind[0];
                int said = steps.find() ? Math.max(1, Integer.parseInt(steps.group(1))) : usual;
                return Optional.of(new DistilledName(word, name, said, kind[1]));
            }
        }
        return Optional.empty();
    }

    private static List<String> names(ModelSource model) {
        List<String> names = new ArrayList<>();
        Path root = model.root().toAbsolutePath().normalize();
        Path parent = root.getParent();
        boolean cached = parent != null && parent.endsWith("snapshots") && parent.getParent() != null;
        Path named = cached ? parent.getParent() : root;
        names.add(named.getFileName() == null ? "" : named.getFileName().toString());
        add(names, model.index());
        String network = model.lists("transformer") ? "transformer" : "unet";
        if (model.has(network)) {
            add(names, model.config(network));
        }
        return names;
    }

    private static void add(List<String> names, JsonNode json) {
        String name = json.path(NAME_OR_PATH).asText();
        // Of a path its last part: what is above says where it was trained, not what it is.
        names.add(name.substring(name.replace('\\', '/').lastIndexOf('/') + 1));
    }
}
