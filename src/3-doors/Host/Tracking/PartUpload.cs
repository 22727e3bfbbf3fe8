using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>One file that is sent in parts.</summary>
/// <remarks>A part's way: 1. it is written, hashed on the way, to its place in the whole file where that is known, which it is where all parts but the last
/// have one length; else to a file of its own; 2. once whole it counts, instead of what came before. On completion 3. the list is held against what is there;
/// 4. the whole file is moved into the store, or where some parts lie apart all are put there as one stream, and the path is let name it; 5. the parts go.
/// </remarks>
sealed class PartUpload : IDisposable
{
    const string Whole = "whole";

    /// <summary>No part is given a place behind this: not every file system has files so long, and all of its parts would have to come.</summary>
    const long LastPlace = 4L << 40;

    enum State { Open, Joining, Done, Gone }

    readonly Scratch scratch;
    readonly TimeProvider clock;
    readonly Lock gate = new();
    readonly SemaphoreSlim one = new(1);        // completions and aborts, one after another
    readonly CancellationTokenSource gone = new();
    readonly TaskCompletionSource cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly HashSet<long> inPlace = [];        // parts that are being written to their places
    readonly Part?[] parts;
    State state;
    int writers;
    long files, used;
    long size;          // of all parts but the last, as the first of them had it; 0 where none came yet
    Digest? completed;  // of the list it was completed with

    readonly record struct Part(string File, long At, long Bytes, string ETag);

    internal PartUpload(TrackedPath path, int parts, Scratch scratch, TimeProvider clock)
    {
        (Path, this.parts, this.scratch, this.clock) = (path, new Part?[parts], scratch, clock);
        Touch();
    }

    internal string Id { get; } = Guid.NewGuid().ToString("N");
    internal TrackedPath Path { get; }
    internal bool IsDone => state == State.Done;

    /// <summary>When something of it came last.</summary>
    internal DateTimeOffset Used => new(Interlocked.Read(ref used), TimeSpan.Zero);

    /// <summary>Steps 1 and 2.</summary>
    /// <param name="number">From 1.</param>
    /// <param name="length">In bytes, where it is known beforehand.</param>
    /// <returns>The part's entity tag: the SHA-256 of its bytes, quoted.</returns>
    /// <exception cref="TrackingException">No such part, or it comes too late.</exception>
    internal async Task<string> PutAsync(long number, Stream bytes, long? length, CancellationToken stop)
    {
        if (number < 1 || number > parts.Length) throw new TrackingException(TrackingFault.InvalidValue,
            Message.Of("upload.no-part", ("path", Path), ("most", parts.Length), ("number", number)));
        string name;
        var (at, within) = (0L, false);
        lock (gate)
        {
            if (state != State.Open) throw TooLate();
            writers++;
            within = HasPlace(number, length) && inPlace.Add(number);
            (name, at) = within ? (Whole, (number - 1) * size) : ($"{number}-{++files}", 0);
            if (within && parts[number - 1]?.File == Whole) parts[number - 1] = null;      // it is being written over
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, gone.Token);
        try
        {
            var blob = await scratch.WriteAsync(name, bytes, either.Token, at);
            var part = new Part(name, at, blob.Bytes, $"\"{blob.Content.Hex}\"");
            Touch();
            lock (gate)
            {
                if (state != State.Open) throw TooLate();
                (name, parts[number - 1]) = (parts[number - 1]?.File ?? "", part);
            }
            return part.ETag;
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            throw TooLate();
        }
        finally
        {
            // What broke off, or what another took the place of.
            if (name is not ("" or Whole)) File.Delete(scratch.File(name));
            lock (gate)
            {
                writers--;
                if (within) inPlace.Remove(number);
                ClearIfOver();
            }
        }
    }

    /// <summary>Steps 3 to 5; asked again with the same list once it is done, it is done.</summary>
    /// <param name="listed">Number and entity tag of each part.</param>
    /// <param name="keep">Lets the upload's path name what the function puts into the store.</param>
    /// <exception cref="TrackingException">The list is not that of the parts that are there.</exception>
    internal async Task CompleteAsync(
        IReadOnlyList<(long Number, string ETag)> listed, Func<Func<IArtifactStore, Task<Blob>>, Task> keep, CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            var asked = Digest.Of(string.Join('\n', listed));
            if (completed == asked) return;
            IReadOnlyList<Part> pieces;
            lock (gate)
            {
                if (state != State.Open) throw TooLate();
                pieces = Checked(listed);
                state = State.Joining;
            }
            Touch();
            var end = State.Open;
            try
            {
                var whole = scratch.File(Whole);
                if (pieces.All(piece => piece.File == Whole))
                {
                    // A last part that was longer before may have left bytes behind it.
                    using (var file = File.OpenHandle(whole, access: FileAccess.Write)) RandomAccess.SetLength(file, pieces.Sum(piece => piece.Bytes));
                    end = State.Gone;           // what was taken is not here any more
                    await keep(store => store.TakeAsync(whole, stop));
                }
                else
                {
                    await using var joined = new JoinedFiles([.. pieces.Select(piece => (scratch.File(piece.File), piece.At, piece.Bytes))]);
                    await keep(store => store.PutAsync(joined, stop));
                }
                (completed, end) = (asked, State.Done);
            }
            catch (OperationCanceledException) when (File.Exists(scratch.File(Whole)))
            {
                end = State.Open;
                throw;
            }
            finally
            {
                Touch();
                Become(end);
            }
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Ends it; on return nothing is left of it.</summary>
    /// <returns>False where it was completed before.</returns>
    internal async Task<bool> AbortAsync(CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            if (state == State.Done) return false;
            Dispose();
            await cleared.Task.WaitAsync(stop);
            return true;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Ends it, whatever is under way; whoever still writes a part or waits for a turn is told so.</summary>
    public void Dispose()
    {
        Become(State.Gone);
        gone.Cancel();
    }

    void Become(State next)
    {
        lock (gate)
        {
            if (state == State.Gone) return;
            state = next;
            if (state is State.Done or State.Gone) Array.Clear(parts);
            ClearIfOver();
        }
    }

    /// <summary>Under the gate: once nobody writes a part any more, they go.</summary>
    void ClearIfOver()
    {
        if (writers > 0 || state is not (State.Done or State.Gone)) return;
        scratch.Dispose();
        cleared.TrySetResult();
    }

    /// <summary>Whether it is known where in the whole file a part goes.</summary>
    bool HasPlace(long number, long? length)
    {
        var last = number == parts.Length;
        if (size == 0 && (!last || number == 1)) size = length ?? 0;
        return size > 0 && (number - 1) * size < LastPlace && (last ? length <= size : length == size);
    }

    /// <summary>The parts, in order.</summary>
    List<Part> Checked(IReadOnlyList<(long Number, string ETag)> listed)
    {
        if (listed.Count != parts.Length) throw Bad(Message.Of("upload.count", ("path", Path), ("most", parts.Length), ("count", listed.Count)));
        var pieces = new List<Part>(parts.Length);
        foreach (var (number, etag) in listed)
        {
            var place = pieces.Count + 1;
            if (number != place) throw Bad(Message.Of("upload.order", ("path", Path), ("most", parts.Length), ("place", place), ("number", number)));
            if (parts[place - 1] is not { } part) throw Bad(Message.Of("upload.missing", ("path", Path), ("number", number)));
            if (part.ETag.Trim('"') != etag.Trim('"')) throw Bad(Message.Of("upload.changed", ("path", Path), ("number", number), ("etag", part.ETag),
                ("given", TrackingRules.Quoted(etag))));
            pieces.Add(part);
        }
        return pieces;
    }

    void Touch() => Interlocked.Exchange(ref used, clock.GetUtcNow().UtcTicks);

    TrackingException TooLate() => state is State.Joining or State.Done
        ? new(TrackingFault.WrongState, Message.Of("upload.ending", ("path", Path)))
        : new(TrackingFault.NotThere, Message.Of("upload.none", ("upload", Id), ("path", Path)));

    static TrackingException Bad(Message says) => new(TrackingFault.InvalidValue, says);
}
