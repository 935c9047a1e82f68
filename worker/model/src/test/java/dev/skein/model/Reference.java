package dev.skein.model;

import dev.skein.model.file.ModelFile;
import dev.skein.model.file.ModelFormatException;
import dev.skein.model.file.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * RWKV as the equations say it, one token at a time in double precision, without anything of the
 * engine but the reading of tensors. Slow, and written to be compared with the equations line by
 * line.
 */
final class Reference {
  private final String version;
  private final int layers;
  private final int width;
  private final int n;
  private final int heads;
  private final boolean rawFirst;
  private final double eps;
  private final Map<String, double[]> weights = new HashMap<>();

  /** Of all layers, by the names of exported states. */
  final Map<String, double[]> state = new HashMap<>();

  private double[] firstValue = {};

  /**
   * @param version 4, 5.0, 5.1, 5.2, 6 or 7
   */
  Reference(ModelFile file, String version, int layers, int width, int headSize, double eps)
      throws ModelFormatException {
    this.version = version;
    this.layers = layers;
    this.width = width;
    this.n = headSize;
    this.heads = width / headSize;
    this.eps = eps;
    for (String name : file.names()) {
      Tensor tensor = file.require(name);
      float[] values = new float[Math.toIntExact(tensor.elements())];
      tensor.read(values);
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      weights.put(name, wide);
    }
    rawFirst = file.names().stream().anyMatch(name -> name.contains("time_faaaa"));
    for (String part : new String[] {"att_x", "ffn_x", "aa", "bb", "pp"}) {
      state.put("state." + part, new double[layers * width]);
    }
    Arrays.fill(of("state.pp"), -1e30);
    state.put("state.wkv", new double[layers * width * n]);
    for (int l = 0; l < layers; l++) {
      double[] tuned = weights.get("blocks." + l + ".att.time_state");
      for (int i = 0; tuned != null && i < tuned.length; i++) {
        int h = i / (n * n);
        int row = i / n % n;
        int column = i % n;
        boolean seven = version.equals("7");
        int from = seven ? i : (h * n + column) * n + row;
        of("state.wkv")[l * width * n + i] = tuned[from];
      }
    }
  }

  private double[] of(String part) {
    return Objects.requireNonNull(state.get(part), part);
  }

  private double[] w(String name) {
    return Objects.requireNonNull(weights.get(name), name);
  }

  /** Feeds a token and gives the logits. */
  double[] feed(int token) {
    double[] x = new double[width];
    System.arraycopy(w("emb.weight"), token * width, x, 0, width);
    x = layerNorm(x, "blocks.0.ln0");
    for (int l = 0; l < layers; l++) {
      String block = "blocks." + l + ".";
      x = add(x, timeMix(l, block + "att.", layerNorm(x, block + "ln1")));
      x = add(x, channelMix(l, block + "ffn.", layerNorm(x, block + "ln2")));
    }
    return times("head.weight", layerNorm(x, "ln_out"));
  }

  // ---- blocks

  private double[] channelMix(int l, String ffn, double[] u) {
    double[] p = swap("state.ffn_x", l, u);
    boolean four = version.equals("4") || version.startsWith("5");
    String name = ffn + (four ? "time_mix_" : version.equals("6") ? "time_maa_" : "x_");
    double[] k = times(ffn + "key.weight", four ? old(u, p, name + "k") : mix(u, p, w(name + "k")));
    for (int i = 0; i < k.length; i++) {
      k[i] = Math.pow(Math.max(k[i], 0), 2);
    }
    double[] out = times(ffn + "value.weight", k);
    if (!version.equals("7")) {
      double[] xr = four ? old(u, p, name + "r") : mix(u, p, w(name + "r"));
      double[] r = times(ffn + "receptance.weight", xr);
      for (int i = 0; i < out.length; i++) {
        out[i] *= sigmoid(r[i]);
      }
    }
    return out;
  }

  private double[] timeMix(int l, String att, double[] u) {
    double[] p = swap("state.att_x", l, u);
    return switch (version) {
      case "4" -> time4(l, att, u, p);
      case "6" -> time6(l, att, u, p);
      case "7" -> time7(l, att, u, p);
      default -> time5(l, att, u, p);
    };
  }

  private double[] time4(int l, String att, double[] u, double[] p) {
    double[] r = times(att + "receptance.weight", old(u, p, att + "time_mix_r"));
    double[] k = times(att + "key.weight", old(u, p, att + "time_mix_k"));
    double[] v = times(att + "value.weight", old(u, p, att + "time_mix_v"));
    double[] y = new double[width];
    for (int i = 0; i < width; i++) {
      int s = l * width + i;
      double a = of("state.aa")[s];
      double b = of("state.bb")[s];
      double m = of("state.pp")[s];
      double f = w(att + "time_first")[i];
      double decay = -Math.exp(w(att + "time_decay")[i]);
      double q = Math.max(m, f + k[i]);
      double e1 = Math.exp(m - q);
      double e2 = Math.exp(f + k[i] - q);
      y[i] = sigmoid(r[i]) * (e1 * a + e2 * v[i]) / (e1 * b + e2);
      q = Math.max(m + decay, k[i]);
      e1 = Math.exp(m + decay - q);
      e2 = Math.exp(k[i] - q);
      of("state.aa")[s] = e1 * a + e2 * v[i];
      of("state.bb")[s] = e1 * b + e2;
      of("state.pp")[s] = q;
    }
    return times(att + "output.weight", y);
  }

  private double[] time5(int l, String att, double[] u, double[] p) {
    double[] r = times(att + "receptance.weight", old(u, p, att + "time_mix_r"));
    double[] k = times(att + "key.weight", old(u, p, att + "time_mix_k"));
    double[] v = times(att + "value.weight", old(u, p, att + "time_mix_v"));
    double[] decay = w(att + "time_decay");
    boolean named = weights.containsKey(att + "time_faaaa");
    double[] first = w(att + (named ? "time_faaaa" : "time_first"));
    double[] w = new double[width];
    double[] f = new double[width];
    for (int i = 0; i < width; i++) {
      w[i] = Math.exp(-Math.exp(decay[decay.length == width ? i : i / n]));
      double t = first[first.length == width ? i : i / n];
      f[i] = rawFirst ? t : Math.exp(t);
    }
    double[] y = groupNorm(keyed(l, r, k, v, w, f), att + "ln_x");
    if (!version.equals("5.0")) {
      gate(y, times(att + "gate.weight", old(u, p, att + "time_mix_g")));
    }
    return times(att + "output.weight", y);
  }

  private double[] time6(int l, String att, double[] u, double[] p) {
    double[] z = product(mix(u, p, w(att + "time_maa_x")), att + "time_maa_w1");
    int d = z.length / 5;
    double[] w2 = w(att + "time_maa_w2");
    double[][] x = new double[5][];
    for (int j = 0; j < 5; j++) {
      double[] amount = w(att + "time_maa_" + "wkvrg".charAt(j)).clone();
      for (int i = 0; i < width; i++) {
        for (int e = 0; e < d; e++) {
          amount[i] += Math.tanh(z[j * d + e]) * w2[(j * d + e) * width + i];
        }
      }
      x[j] = mix(u, p, amount);
    }
    double[] w = product(tanh(product(x[0], att + "time_decay_w1")), att + "time_decay_w2");
    for (int i = 0; i < width; i++) {
      w[i] = Math.exp(-Math.exp(w(att + "time_decay")[i] + w[i]));
    }
    double[] k = times(att + "key.weight", x[1]);
    double[] v = times(att + "value.weight", x[2]);
    double[] r = times(att + "receptance.weight", x[3]);
    double[] y = groupNorm(keyed(l, r, k, v, w, w(att + "time_faaaa")), att + "ln_x");
    gate(y, times(att + "gate.weight", x[4]));
    return times(att + "output.weight", y);
  }

  /** The recurrence of RWKV-5 and 6: S[h][key][value]. */
  private double[] keyed(
      int l, double[] r, double[] k, double[] v, double[] decay, double[] first) {
    double[] s = of("state.wkv");
    double[] y = new double[width];
    for (int h = 0; h < heads; h++) {
      for (int i = h * n; i < h * n + n; i++) {
        for (int j = h * n; j < h * n + n; j++) {
          int at = (l * width + i) * n + j - h * n;
          y[j] += r[i] * (first[i] * k[i] * v[j] + s[at]);
          s[at] = decay[i] * s[at] + k[i] * v[j];
        }
      }
    }
    return y;
  }

  private double[] time7(int l, String att, double[] u, double[] p) {
    double[] r = times(att + "receptance.weight", mix(u, p, w(att + "x_r")));
    double[] k = times(att + "key.weight", mix(u, p, w(att + "x_k")));
    double[] xv = mix(u, p, w(att + "x_v"));
    double[] v = times(att + "value.weight", xv);
    double[] w = product(tanh(product(mix(u, p, w(att + "x_w")), att + "w1")), att + "w2");
    double[] a = product(product(mix(u, p, w(att + "x_a")), att + "a1"), att + "a2");
    double[] g = product(mix(u, p, w(att + "x_g")), att + "g1");
    for (int i = 0; i < g.length; i++) {
      g[i] = sigmoid(g[i]);
    }
    g = product(g, att + "g2");
    double[] kk = new double[width];
    for (int i = 0; i < width; i++) {
      w[i] = Math.exp(-Math.exp(-0.5) * sigmoid(w(att + "w0")[i] + w[i]));
      a[i] = sigmoid(w(att + "a0")[i] + a[i]);
      kk[i] = k[i] * w(att + "k_k")[i];
      k[i] *= 1 + (a[i] - 1) * w(att + "k_a")[i];
    }
    if (l == 0) {
      firstValue = v;
    } else {
      double[] share = product(product(xv, att + "v1"), att + "v2");
      for (int i = 0; i < width; i++) {
        v[i] += (firstValue[i] - v[i]) * sigmoid(w(att + "v0")[i] + share[i]);
      }
    }
    double[] y = groupNorm(valued(l, r, w, k, v, kk, a), att + "ln_x");
    for (int h = 0; h < heads; h++) {
      double bonus = 0;
      for (int i = h * n; i < h * n + n; i++) {
        bonus += r[i] * k[i] * w(att + "r_k")[i];
      }
      for (int i = h * n; i < h * n + n; i++) {
        y[i] = (y[i] + bonus * v[i]) * g[i];
      }
    }
    return times(att + "output.weight", y);
  }

  /** The recurrence of RWKV-7: S[h][value][key]. */
  private double[] valued(
      int l, double[] r, double[] w, double[] k, double[] v, double[] kk, double[] a) {
    double[] s = of("state.wkv");
    double[] y = new double[width];
    for (int i = 0; i < width; i++) {
      int h = i / n * n;
      int at = (l * width + i) * n;
      double norm = 0;
      double taken = 0;
      for (int j = 0; j < n; j++) {
        norm += kk[h + j] * kk[h + j];
        taken += s[at + j] * kk[h + j];
      }
      norm = Math.max(Math.sqrt(norm), 1e-12);
      for (int j = 0; j < n; j++) {
        double key = kk[h + j] / norm;
        s[at + j] = s[at + j] * w[h + j] - taken / norm * key * a[h + j] + v[i] * k[h + j];
        y[i] += s[at + j] * r[h + j];
      }
    }
    return y;
  }

  // ---- vectors

  /** What the state held, for what it shall hold. */
  private double[] swap(String part, int l, double[] u) {
    double[] p = new double[width];
    System.arraycopy(of(part), l * width, p, 0, width);
    System.arraycopy(u, 0, of(part), l * width, width);
    return p;
  }

  /** The mix of RWKV-4 and 5: the share of the present token. */
  private double[] old(double[] u, double[] p, String name) {
    double[] out = new double[width];
    for (int i = 0; i < width; i++) {
      out[i] = u[i] * w(name)[i] + p[i] * (1 - w(name)[i]);
    }
    return out;
  }

  private static double[] mix(double[] u, double[] p, double[] amount) {
    double[] out = new double[u.length];
    for (int i = 0; i < u.length; i++) {
      out[i] = u[i] + (p[i] - u[i]) * amount[i];
    }
    return out;
  }

  /** W x of a matrix stored [out, in]. */
  private double[] times(String name, double[] x) {
    double[] m = w(name);
    double[] out = new double[m.length / x.length];
    for (int i = 0; i < m.length; i++) {
      out[i / x.length] += m[i] * x[i % x.length];
    }
    return out;
  }

  /** x A of a matrix stored [in, out]. */
  private double[] product(double[] x, String name) {
    double[] m = w(name);
    int columns = m.length / x.length;
    double[] out = new double[columns];
    for (int i = 0; i < m.length; i++) {
      out[i % columns] += x[i / columns] * m[i];
    }
    return out;
  }

  private double[] layerNorm(double[] x, String name) {
    double[] out = x.clone();
    normalize(out, 0, x.length, 1e-5, name);
    return out;
  }

  private double[] groupNorm(double[] x, String name) {
    for (int h = 0; h < heads; h++) {
      normalize(x, h * n, n, eps, name);
    }
    return x;
  }

  private void normalize(double[] x, int from, int count, double e, String name) {
    double mean = 0;
    for (int i = from; i < from + count; i++) {
      mean += x[i] / count;
    }
    double variance = 0;
    for (int i = from; i < from + count; i++) {
      variance += (x[i] - mean) * (x[i] - mean) / count;
    }
    for (int i = from; i < from + count; i++) {
      double unit = (x[i] - mean) / Math.sqrt(variance + e);
      x[i] = unit * w(name + ".weight")[i] + w(name + ".bias")[i];
    }
  }

  private static void gate(double[] y, double[] g) {
    for (int i = 0; i < y.length; i++) {
      y[i] *= g[i] * sigmoid(g[i]);
    }
  }

  private static double[] add(double[] x, double[] y) {
    double[] out = x.clone();
    for (int i = 0; i < x.length; i++) {
      out[i] += y[i];
    }
    return out;
  }

  private static double[] tanh(double[] x) {
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.tanh(x[i]);
    }
    return x;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
