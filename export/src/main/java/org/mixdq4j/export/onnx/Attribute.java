package org.mixdq4j.export.onnx;

/** A named constant of an ONNX node. */
record Attribute(String name, Object value) {
    private static final int TYPE = 20;

    static Attribute of(String name, long value) {
        return new Attribute(name, value);
    }

    static Attribute of(String name, double value) {
        return new Attribute(name, (float) value);
    }

    static Attribute of(String name, String value) {
        return new Attribute(name, value);
    }

    static Attribute ints(String name, long... values) {
        return new Attribute(name, values);
    }

    /** As AttributeProto. */
    Message message() {
        Message message = new Message().add(1, name);
        if (value instanceof Float number) {
            return message.add(2, number).add(TYPE, 1);
        }
        if (value instanceof Long number) {
            return message.add(3, number).add(TYPE, 2);
        }
        if (value instanceof String text) {
            return message.add(4, text).add(TYPE, 3);
        }
        for (long number : (long[]) value) {
            message.add(8, number);
        }
        return message.add(TYPE, 7);
    }
}
