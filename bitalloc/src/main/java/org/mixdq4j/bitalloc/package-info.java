/** Bit allocation: sensitivity tables and a budget to a bit plan. Only holds the packages below. */
package org.mixdq4j.bitalloc;
