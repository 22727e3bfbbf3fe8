using Kumiki.Native;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Serving;

/// <summary>A version in memory. It leaves the memory only when nobody uses it.</summary>
sealed class LoadedModel : IDisposable
{
    /// <summary>What is added to a file's size for what the engine makes of it: a session, its plan, its buffers.</summary>
    const long Overhead = 256 * 1024;

    const int Gone = int.MinValue;

    readonly OnnxSession session;
    readonly RunSlots slots;
    int users;
    volatile bool retired;

    LoadedModel(VersionName version, OnnxSession session, ModelSignature signature, long bytes, ModelLimits limits, ModelFigures figures)
    {
        (Version, this.session, Signature, Bytes, Limits, Figures) = (version, session, signature, bytes, limits, figures);
        slots = new(signature, limits.Runs);
    }

    public VersionName Version { get; }
    public ModelSignature Signature { get; }
    public ModelLimits Limits { get; }
    public ModelFigures Figures { get; }

    /// <summary>What it takes of the memory, as estimated.</summary>
    public long Bytes { get; }

    /// <summary>Whether rows of several requests may be run as one: a trial gave the same bits alone and together.</summary>
    public bool Joins { get; private set; }

    /// <summary>Whether somebody uses it just now.</summary>
    public bool IsUsed => Volatile.Read(ref users) > 0;

    /// <summary>When it was used last, by the clock that the shelf counts with.</summary>
    public long LastUsed { get; set; }

    /// <summary>Where its requests wait; set by the shelf before anybody can ask.</summary>
    public Lane Lane { get; set; } = null!;

    /// <summary>What a file takes of the memory when it is loaded, as estimated: half as much again as the file, for the engine keeps its weights in another
    /// form.</summary>
    public static long Estimate(long fileBytes) => fileBytes + (fileBytes / 2) + Overhead;

    /// <summary>Opens a model and runs it once.</summary>
    /// <param name="path">The model as a file, with its external data beside it; null where it has none.</param>
    /// <param name="bytes">What it takes of the memory, as estimated.</param>
    /// <exception cref="InferenceException">It is no model that can be served.</exception>
    public static LoadedModel Open(VersionName version, ReadOnlyMemory<byte> model, string? path, long bytes, ModelLimits limits, ModelFigures figures,
        CancellationToken stop)
    {
        OnnxSession session;
        try
        {
            session = path is null ? OnnxSession.Open(model.Span) : OnnxSession.Open(path);
        }
        catch (NativeException e)
        {
            throw Unloadable(version, e.Reason, e);
        }
        try
        {
            if (session.Inputs.Concat(session.Outputs).FirstOrDefault(t => !TensorTypes.IsServed(t.Type)) is { } odd) throw Unloadable(version, odd.ToString(),
                null);
            var signature = SignatureOf(session, model);
            var loaded = new LoadedModel(version, session, signature, bytes, limits, figures);
            loaded.Joins = Trial.Of(session, signature, limits.RunTime, stop);
            return loaded;
        }
        catch
        {
            session.Dispose();
            throw;
        }

        static InferenceException Unloadable(VersionName version, string reason, Exception? inner) =>
            new(InferenceFault.Unavailable, Message.Of("inference.unloadable", ("version", version), ("reason", reason)), inner);
    }

    /// <summary>Opens models that share their beginning as one, and holds each of its answers against what the model says alone.</summary>
    /// <param name="joined">The file of what they became.</param>
    /// <exception cref="InferenceException">It cannot be opened, or a model says something else than alone: then they are to be asked one by one.</exception>
    public static LoadedModel OpenJoined(
        VersionName name, ReadOnlyMemory<byte> joined, IReadOnlyList<(VersionName Version, byte[] Model)> members, long bytes,
        ModelLimits limits, ModelFigures figures, CancellationToken stop)
    {
        var loaded = Open(name, joined, null, bytes, limits, figures, stop);
        try
        {
            var parts = new List<JoinedPart>();
            var first = 0;
            foreach (var (version, model) in members)
            {
                using var alone = OnnxSession.Open(model);
                var signature = SignatureOf(alone, model);
                if (!Trial.IsSame(loaded.session, loaded.Signature, first, alone, signature, limits.RunTime, stop))
                    throw new InferenceException(InferenceFault.Unavailable, Message.Of("images.differs-together", ("version", version)));
                parts.Add(new(version, signature, first));
                first += signature.Outputs.Length;
            }
            loaded.Signature.Parts = parts;
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>What an opened model says of itself.</summary>
    public static ModelSignature SignatureOf(OnnxSession session, ReadOnlyMemory<byte> model) =>
        new(session.Inputs, session.Outputs, ModelInputs.Of(session, model), ModelOutputs.Of(session), PictureInput.Of(session));

    /// <summary>Begins to use it.</summary>
    /// <returns>False where it has left the memory.</returns>
    public bool TryUse()
    {
        for (var now = Volatile.Read(ref users); now >= 0;)
        {
            var seen = Interlocked.CompareExchange(ref users, now + 1, now);
            if (seen == now) return true;
            now = seen;
        }
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref users) == 0 && retired) TryLeave();
    }

    /// <summary>Takes it out of the memory if nobody uses it.</summary>
    public bool TryLeave()
    {
        if (Interlocked.CompareExchange(ref users, Gone, 0) != 0) return false;
        slots.Dispose();
        session.Dispose();
        return true;
    }

    /// <summary>Takes it out of the memory, now or when the last that uses it is done.</summary>
    public void Dispose()
    {
        retired = true;
        TryLeave();
    }

    public RunSlot Rent(InferenceRequest first, int rows) => slots.Rent(first, rows);

    public void Return(RunSlot slot) => slots.Return(slot);

    /// <exception cref="NativeException">A node failed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public OnnxTensor[] Run(RunSlot slot) => session.Run(slot.Inputs, slot.Run);
}
