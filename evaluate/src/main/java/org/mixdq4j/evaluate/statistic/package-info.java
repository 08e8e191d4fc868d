/** Means and how far to trust them. May use nothing but the JDK. */
package org.mixdq4j.evaluate.statistic;
