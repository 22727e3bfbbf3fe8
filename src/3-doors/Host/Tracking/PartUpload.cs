using Kumiki.Store;
using Kumiki.Tracking;

namespace Kumiki.Hosting;

/// <summary>One file that is sent in parts.</summary>
/// <remarks>A part's way: 1. it is written to a file of its own, hashed on the way; 2. once whole it takes its number's place, instead of what was there. On
/// completion 3. the list is held against what is there; 4. the files are put into the store as one stream, and the path is let name it; 5. the parts go.
/// What breaks off before 4 leaves the parts as they were.</remarks>
sealed class PartUpload : IDisposable
{
    enum State { Open, Joining, Done, Gone }

    readonly Scratch scratch;
    readonly TimeProvider clock;
    readonly Lock gate = new();
    readonly SemaphoreSlim one = new(1);        // completions and aborts, one after another
    readonly CancellationTokenSource gone = new();
    readonly TaskCompletionSource cleared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Part?[] parts;
    State state;
    int writers;
    long files, used;
    Digest? completed;         // of the list it was completed with

    readonly record struct Part(string File, string ETag);

    internal PartUpload(TrackedPath path, int parts, Scratch scratch, TimeProvider clock)
    {
        (Path, this.parts, this.scratch, this.clock) = (path, new Part?[parts], scratch, clock);
        Touch();
    }

    internal string Id { get; } = Guid.NewGuid().ToString("N");
    internal TrackedPath Path { get; }
    internal int Parts => parts.Length;
    internal bool IsDone => state == State.Done;

    /// <summary>When something of it came last.</summary>
    internal DateTimeOffset Used => new(Interlocked.Read(ref used), TimeSpan.Zero);

    /// <summary>Steps 1 and 2.</summary>
    /// <param name="number">From 1.</param>
    /// <returns>The part's entity tag: the SHA-256 of its bytes, quoted.</returns>
    /// <exception cref="TrackingException">No such part, or it comes too late.</exception>
    internal async Task<string> PutAsync(long number, Stream bytes, CancellationToken stop)
    {
        if (number < 1 || number > parts.Length) throw new TrackingException(TrackingFault.InvalidValue,
            Message.Of("upload.no-part", ("path", Path), ("most", parts.Length), ("number", number)));
        string name;
        lock (gate)
        {
            if (state != State.Open) throw TooLate();
            writers++;
            name = $"{number}-{++files}";
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, gone.Token);
        try
        {
            var part = new Part(name, $"\"{(await scratch.WriteAsync(name, bytes, either.Token)).Content.Hex}\"");
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
            if (name.Length > 0) File.Delete(scratch.File(name));
            lock (gate)
            {
                writers--;
                ClearIfOver();
            }
        }
    }

    /// <summary>Steps 3 to 5; asked again with the same list once it is done, it is done.</summary>
    /// <param name="listed">Number and entity tag of each part.</param>
    /// <param name="keep">Puts the whole file into the store, under the upload's path.</param>
    /// <exception cref="TrackingException">The list is not that of the parts that are there.</exception>
    internal async Task CompleteAsync(IReadOnlyList<(long Number, string ETag)> listed, Func<Stream, Task> keep, CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            var asked = Digest.Of(string.Join('\n', listed));
            if (completed == asked) return;
            IReadOnlyList<string> files;
            lock (gate)
            {
                if (state != State.Open) throw TooLate();
                files = Checked(listed);
                state = State.Joining;
            }
            Touch();
            var end = State.Open;
            try
            {
                await using (var joined = new JoinedFiles([.. files.Select(scratch.File)])) await keep(joined);
                (completed, end) = (asked, State.Done);
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

    /// <summary>The files of the parts, in order.</summary>
    List<string> Checked(IReadOnlyList<(long Number, string ETag)> listed)
    {
        if (listed.Count != parts.Length) throw Bad(Message.Of("upload.count", ("path", Path), ("most", parts.Length), ("count", listed.Count)));
        var files = new List<string>(parts.Length);
        foreach (var (number, etag) in listed)
        {
            var place = files.Count + 1;
            if (number != place) throw Bad(Message.Of("upload.order", ("path", Path), ("most", parts.Length), ("place", place), ("number", number)));
            if (parts[place - 1] is not { } part) throw Bad(Message.Of("upload.missing", ("path", Path), ("number", number)));
            if (part.ETag.Trim('"') != etag.Trim('"')) throw Bad(Message.Of("upload.changed", ("path", Path), ("number", number), ("etag", part.ETag),
                ("given", TrackingRules.Quoted(etag))));
            files.Add(part.File);
        }
        return files;
    }

    void Touch() => Interlocked.Exchange(ref used, clock.GetUtcNow().UtcTicks);

    TrackingException TooLate() => state is State.Joining or State.Done
        ? new(TrackingFault.WrongState, Message.Of("upload.ending", ("path", Path)))
        : new(TrackingFault.NotThere, Message.Of("upload.none", ("upload", Id), ("path", Path)));

    static TrackingException Bad(Message says) => new(TrackingFault.InvalidValue, says);
}
