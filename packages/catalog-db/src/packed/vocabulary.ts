/**
 * What packed rows are likely to have in them, the likeliest last: deflate writes what is here as a reference to it. A row is too small to have
 * such words twice. It is part of the format of what is packed, and never changes: another one has a number of its own.
 */
export const vocabulary = [
  '"error_code":"error_message":"error_words":{"family":"transient","track","worker","meaning":"remedy":"underlying":{"code":"attempts":',
  '"queue","timeout","not-audio","out-of-memory","step-failed","worker-outdated","storage-unavailable"',
  '"tools":{"ffmpeg":{"family":"version":"n7.1"',
  '"backfill","replay","bulk"?"gpu_ms":"earlier":[{"worker":"startedAt":"durationMs":',
  '"outputs":{"vocals":"drums":"bass":"stems":',
  '"contentType":"image/png","contentType":"image/svg+xml","contentType":"application/json","contentType":"audio/flac"',
  'electronic","rock","pop","indie","alternative","female vocalists","male vocalists","dance","00s","alternative rock","jazz","beautiful","metal","chillout","classic rock","soul","indie rock","Mellow","electronica","80s","folk","90s","chill","instrumental","punk","oldies","blues","hard rock","ambient","acoustic","experimental","female vocalist","guitar","Hip-Hop","70s","party","country","easy listening","sexy","catchy","funk","electro","heavy metal","Progressive rock","60s","rnb","indie pop","sad","House","happy',
  '{"tag":"score":0.9},{"tag":"model":{"name":"musicnn","version":"1","digest":"patches":',
  '{"integratedLufs":-9."rangeLu":5."truePeakDbtp":-0."maxMomentaryLufs":-6."maxShortTermLufs":-7."measuredChannels":[{"name":"FL","weight":1},{"name":"FR","weight":1}]}',
  '{"key":"F#","mode":"minor","mode":"major","strength":0."confidence":0."camelot":"11A","openKey":"4m","curve":{"#":[["startSec","key","mode","camelot","confidence"],[{"~":[1,30,"UUUUUUUU"]},["C#","D#","E","G#","A","B"],["minor","minor","minor","minor","minor","major","major","major"],["5A","11A","11A","11A"],{"~":[100,0,"',
  '{"bpm":120,"confidence":0."curve":{"#":[["startSec","bpm","confidence"],[{"~":[1,15,"UUUUUUUUUUUUUUUU"]},{"~":[10,0,"{"~":[100,0,"]]},"beatsSec":{"~":[1000,500,"]},"alternatives":[{"bpm":60."relation":"half"},{"bpm":240."relation":"double"}]}',
  '{"sampleRateHz":16000,"sampleCount":"durationSec":"peakDb":-1."rmsDb":-14."silent":false,"mix":"mean"}',
  '{"codec":"flac","container":"flac","codec":"mp3","container":"mp3","bitDepth":null,"bitDepth":16,"bitRateKbps":320,"sourceSampleRateHz":44100,"sourceChannels":2,"channelLayout":"stereo","declaredDurationSec":"durationSec":"sampleCount":10584000,"sampleRateHz":44100,"channels":2,"truePeakDbtp":-0."gainDb":0,"peakDb":-0."tags":{"title":"artist":"album":"date":"20"genre":"hasCover":true,"hasCover":false,"warnings":[]}',
  '{"codec":"aac","bitRateKbps":128,"sampleRateHz":44100,"channels":2,"durationSec":"gainDb":0,"truePeakDbtp":-',
  '{"requests":{"rows":1,"same":{"request_id":"=","cause":"submission","owner":"default","targets":["tempo","key","tags","aac","loudness","waveform"],"wants":["fetch","decode","downsample","tempo","key","tags","encode","loudness","waveform"],"force":[],"versions":{},"priority":"live"},"each":{},"at":{"requested_at":[17',
  '"attempts":{"rows":8,"same":{"request_id":"=","status":"succeeded","how":"computed","how":"skipped","worker":"analysis-7d9c6b5f4-x1:1","earlier":[],"delivery_attempt":1},"each":{"step":["decode","downsample","tempo","key","tags","encode","loudness","waveform"],"address":["version":[1,1,2,2,3,3,4,2],"kind":["pcm","mono16k","tempo","key","tags","aac","loudness","waveform"],"duration_ms":["cpu_ms":["at":{"started_at":[17"finished_at":[17"holding":[0,1,2,3,4,5,6,7]',
  '{"artifacts":{"rows":8,"same":{"failed":false},"each":{"address":["step":["decode","downsample","tempo","key","tags","encode","loudness","waveform"],"version":[1,1,2,2,3,3,4,2],"kind":["pcm","mono16k","tempo","key","tags","aac","loudness","waveform"],"recipe":["facts":[{"payload":[',
  '{"bucket":"segue-records","{"bucket":"segue-masters","{"bucket":"segue-assets","name":".m4a","sizeBytes":"crc32c":"==","contentType":"audio/mp4"},{"bucket":"segue-scratch","name":".wav","sizeBytes":"crc32c":"==","contentType":"audio/wav"},null,null,null,"at":{"seen_at":[17',
].join("");
