using System.Collections.Concurrent;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Serving;

/// <summary>The input tensors of one run, and what stops it.</summary>
sealed class RunSlot(OnnxTensor[] inputs, int rows) : IDisposable
{
    public OnnxTensor[] Inputs => inputs;
    public int Rows => rows;
    public OnnxRun Run { get; } = new();

    public void Dispose()
    {
        foreach (var input in inputs) input.Dispose();
        Run.Dispose();
    }
}

/// <summary>Slots of a model that are used again: making one costs more than a run of a small model. Only where nothing but the rows is free, and few
/// rows.</summary>
sealed class RunSlots(ModelSignature signature, int runs) : IDisposable
{
    const int MostRows = 64, MostBytes = 1 << 20;

    readonly ConcurrentStack<RunSlot>?[] idle = new ConcurrentStack<RunSlot>?[MostRows + 1];
    readonly int keptRows = MostKept(signature);
    volatile bool closed;

    static int MostKept(ModelSignature signature)
    {
        if (!signature.OnlyRowsFree) return 0;
        var width = signature.Inputs.Index().Sum(i =>
            signature.OneRow[i.Index].Aggregate(1L, (a, b) => a * b) * (i.Item.Type == TensorType.Text ? 32 : OnnxTensor.SizeOf(i.Item.Type)));
        return (int)Math.Min(MostRows, MostBytes / Math.Max(1, width));
    }

    /// <summary>A slot for requests that join.</summary>
    public RunSlot Rent(InferenceRequest first, int rows)
    {
        if (rows > 0 && rows <= keptRows && idle[rows] is { } kept && kept.TryPop(out var slot)) return slot;
        var inputs = new OnnxTensor[signature.Inputs.Length];
        Span<long> shape = stackalloc long[16];
        for (var i = 0; i < inputs.Length; i++)
        {
            var given = first.ShapeOf(i);
            given.CopyTo(shape);
            if (rows > 0) shape[0] = rows;
            inputs[i] = OnnxTensor.Of(signature.Inputs[i].Type, shape[..given.Length]);
        }
        return new(inputs, rows);
    }

    public void Return(RunSlot slot)
    {
        if (slot.Rows == 0 || slot.Rows > keptRows || slot.Run.IsStopped || closed)
        {
            slot.Dispose();
            return;
        }
        var kept = idle[slot.Rows] ?? Interlocked.CompareExchange(ref idle[slot.Rows], new(), null) ?? idle[slot.Rows]!;
        if (kept.Count < runs) kept.Push(slot);
        else slot.Dispose();
        if (closed) Dispose();      // closed since it was looked at
    }

    public void Dispose()
    {
        closed = true;
        foreach (var kept in idle)
            while (kept is not null && kept.TryPop(out var slot)) slot.Dispose();
    }
}
