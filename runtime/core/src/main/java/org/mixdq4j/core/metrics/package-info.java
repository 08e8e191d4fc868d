/** How close a picture or tensor is to its reference. May use {@code core.error}. */
package org.mixdq4j.core.metrics;
