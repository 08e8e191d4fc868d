/**
 * What makes few steps of many, one idea a class. Each pass gives a draft that computes the same numbers. May use {@code
 * core.lower}'s values and steps.
 */
package org.mixdq4j.core.lower.pass;
